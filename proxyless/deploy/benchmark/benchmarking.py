"""Measuring model files, ours or not, on every runtime here."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from latency import Program, Settings, available_runtimes
from latency.runtimes import ModuleRuntime
from latency.timing.settings import DTYPES, FileSettings
from search_spaces import Architecture, InputError, Operation
from search_spaces.mobilenet_v2 import mobilenet_v2

from ...config import BenchmarkConfig
from ...data.opening import open_data
from ...runs.results import Times
from ..model_file import ModelFile
from ..timing import UnfinishedTimingError, time_programs
from .file import BenchmarkFile
from .file_accuracy import FileAccuracy, Pixels, file_accuracies
from .row import BenchmarkRow

ROUNDS = BenchmarkConfig.rounds
REFERENCE = "MobileNetV2"


class UnfinishedBenchmarkError(InputError):
    """A runtime failed while it was measured; ``rows`` are those of every other one."""

    def __init__(self, sentence: str, rows: list[BenchmarkRow]) -> None:
        super().__init__(sentence)
        self.rows = rows


def benchmark(
    files: Sequence[Path],
    settings: Settings | None = None,
    rounds: int = ROUNDS,
    *,
    data: str | None = None,
    pixels: Pixels | None = None,
    reference: bool = False,
    runtimes: Sequence[str] | None = None,
) -> list[BenchmarkRow]:
    """Time model files in three fresh processes a runtime.

    A file runs on the runtime of its suffix, and on others of that suffix that are named; of files
    of ours, which carry their architecture, each architecture also runs on PyTorch, in float32.
    Files of one runtime are interleaved round by round, runtimes process by process.

    Args:
        files: .onnx and .tflite files.
        settings: threads, and the batch where a file leaves that open.
        rounds: measurements of each file in a process.
        data: images for accuracy, as :func:`proxyless.open_data` takes them: its test images, or
            where it has no split of them and no file was trained on it, all.
        pixels: what float inputs of other people's files are made of, for their accuracy.
        reference: time MobileNetV2 beside them, on every runtime.
        runtimes: only these.

    Raises:
        InputError: a file does not exist, has an unknown suffix, or cannot be run; or accuracy is
            asked for, but no file runs itself. Nothing was measured then.
        UnfinishedBenchmarkError: a runtime failed; the rows of the others are finished.
    """
    settings = settings or Settings()
    model_files = [BenchmarkFile.read(path, settings.batch) for path in dict.fromkeys(files)]
    programs = _programs(model_files, settings, runtimes)
    if reference:
        network = Program(REFERENCE, _reference(model_files).active)
        programs = {name: [*listed, network] for name, listed in programs.items()}
    run = [file for file in model_files if file.runtime in programs]
    if data is not None and not run:
        raise InputError(
            f"`data` tells a file's accuracy on its own runtime, not on {', '.join(programs)}: "
            f"add {model_files[0].runtime} to `runtimes`, or leave it out"
        )
    accuracies = _accuracies(run, data, pixels) if data is not None else {}
    by_key = {str(file.path): file for file in model_files}

    def rows(times: Mapping[tuple[str, str], Times]) -> list[BenchmarkRow]:
        return [
            _row(by_key[key], measured, times.get((runtime, REFERENCE)), accuracies)
            for (runtime, key), measured in times.items()
            if key != REFERENCE
        ]

    try:
        return rows(time_programs(programs, settings, rounds))
    except UnfinishedTimingError as failure:
        raise UnfinishedBenchmarkError(str(failure), rows(failure.times)) from None


def _programs(
    files: Sequence[BenchmarkFile], settings: Settings, runtimes: Sequence[str] | None
) -> dict[str, list[Program]]:
    """Return what each runtime is to run."""
    programs: dict[str, list[Program]] = {}
    for file in files:
        path = str(file.path)
        others = [name for name in file.other_runtimes if name in (runtimes or ())]
        for name in (file.runtime, *others):
            programs.setdefault(name, []).append(Program(path, file=path))
    modules = [
        name for name, runtime in available_runtimes().items() if isinstance(runtime, ModuleRuntime)
    ]
    for operations, file in _networks(files).items():
        if file.batch in (None, settings.batch):  # the same work a call
            for name in modules:
                programs.setdefault(name, []).append(Program(str(file.path), operations))
    if runtimes is None:
        return programs
    missing = sorted(set(runtimes) - set(programs))
    if missing:
        known = dict.fromkeys(
            (*programs, *(name for file in files for name in file.other_runtimes))
        )
        raise InputError(
            f"none of these files runs on {missing[0]}: choose from {', '.join(known)}"
        )
    return {name: programs[name] for name in runtimes}


def _networks(files: Sequence[BenchmarkFile]) -> dict[tuple[Operation, ...], BenchmarkFile]:
    """Return the networks of files of ours, each with the first file of it, float32 ones first."""
    networks: dict[tuple[Operation, ...], BenchmarkFile] = {}
    for file in sorted(files, key=lambda file: file.dtype != "float32"):
        if file.architecture is not None:
            networks.setdefault(file.architecture.active, file)
    return networks


def _accuracies(
    files: Sequence[BenchmarkFile], data: str, pixels: Pixels | None
) -> dict[str, FileAccuracy]:
    """Return how good files are, by their paths."""
    source = open_data(data)
    models = {str(file.path): ModelFile.load(file.path, file.claims.metadata) for file in files}
    return file_accuracies(models, source, pixels)


def _row(
    file: BenchmarkFile,
    times: Times,
    reference: Times | None,
    accuracies: Mapping[str, FileAccuracy],
) -> BenchmarkRow:
    """Return what is known of a file on a runtime.

    ``times`` have the settings that were asked for, ``reference`` is MobileNetV2's there. Memory
    and accuracy, by path, are of the file itself: they stand beside its own runtime alone.
    """
    path, own = str(file.path), times.runtime == file.runtime
    ran_itself = own or times.runtime in file.other_runtimes
    same_work = file.batch in (None, times.settings.batch)
    accuracy = accuracies.get(path) if own else None
    dtype = file.dtype if ran_itself else "float32"
    kind = Settings if dtype in DTYPES else FileSettings
    settings = kind(times.settings.threads, file.batch or times.settings.batch, dtype)
    times = replace(times, settings=settings)
    return BenchmarkRow(
        file=path,
        times=times,
        images_per_second=1000 * settings.batch / times.median_ms,
        peak_memory_bytes=file.memory if own else None,
        file_bytes=file.path.stat().st_size,
        accuracy=accuracy.share if accuracy is not None else None,
        predicted_ms=_prediction(file, times),
        reference=times.best_ms / reference.best_ms if reference and same_work else None,
        accuracy_images=accuracy.images if accuracy is not None else None,
        accuracy_judges=accuracy.evaluated if accuracy is not None else None,
    )


def _prediction(file: BenchmarkFile, times: Times) -> float | None:
    """Return the milliseconds that a file's metadata predicts for these very conditions.

    They are of a network, so they are only believed of a file that is known to hold it.
    """
    known = file.facts is not None and file.architecture is not None
    latency = file.facts.latency if file.facts is not None and known else None
    if latency is None or (latency.runtime, latency.device, latency.settings) != times.address:
        return None
    return latency.predicted_ms


def _reference(files: Sequence[BenchmarkFile]) -> Architecture:
    """Build MobileNetV2 for the images that the files take."""
    shapes = {file.shape for file in files}
    shape = next(iter(shapes))
    if len(shapes) > 1 or shape is None or shape[1] != shape[2]:
        raise InputError(
            "`reference` builds MobileNetV2 for the images that the files take, but these take "
            "different ones: benchmark them one by one"
        )
    classes = {file.architecture.classes for file in files if file.architecture is not None}
    return mobilenet_v2(shape[1], shape[0], min(classes, default=1000))
