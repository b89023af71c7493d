"""Measuring model files, ours or not, on every runtime here."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from latency import Program, Settings, available_runtimes
from latency.runtimes import ModuleRuntime
from search_spaces import Architecture, InputError
from search_spaces.mobilenet_v2 import mobilenet_v2

from ...config import BenchmarkConfig
from ...data.opening import open_data
from ...runs.results import Times
from ..model_file import ModelFile
from ..timing import time_programs
from .file import BenchmarkFile
from .file_accuracy import FileAccuracy, file_accuracies
from .memory import peak_memory
from .row import BenchmarkRow

ROUNDS = BenchmarkConfig.rounds
REFERENCE = "MobileNetV2"


def benchmark(
    files: Sequence[Path],
    settings: Settings | None = None,
    rounds: int = ROUNDS,
    *,
    data: str | None = None,
    reference: bool = False,
    runtimes: Sequence[str] | None = None,
) -> list[BenchmarkRow]:
    """Time model files in three fresh processes a runtime.

    A file runs on the runtime of its suffix; of files of ours, which carry their architecture, each
    architecture also runs on PyTorch, in float32. Files of one runtime are interleaved round by
    round, runtimes process by process.

    Args:
        files: .onnx and .tflite files.
        settings: threads, and the batch where a file leaves that open.
        rounds: measurements of each file in a process.
        data: images for accuracy, as :func:`proxyless.open_data` takes them: its test images, or
            where it has no split of them and no file was trained on it, all.
        reference: time MobileNetV2 beside them, on every runtime.
        runtimes: only these.

    Raises:
        InputError: a file does not exist, has an unknown suffix, or cannot be run; or accuracy is
            asked for, but no file runs itself.
    """
    settings = settings or Settings()
    read = [BenchmarkFile.read(path) for path in dict.fromkeys(files)]
    programs = _programs(read, settings, runtimes)
    if reference:
        network = _reference(read)
        for some in programs.values():
            some.append(Program(REFERENCE, network.active))
    files_run = {(one.runtime, str(one.path)): one for one in read if one.runtime in programs}
    if data is not None and not files_run:
        raise InputError(
            f"`data` tells a file's accuracy on its own runtime, not on {', '.join(programs)}: "
            f"add {read[0].runtime} to `runtimes`, or leave it out"
        )
    source = open_data(data) if data is not None else None
    accuracies = {}
    if source is not None:
        models = {str(one.path): ModelFile.load(one.path) for one in files_run.values()}
        accuracies = file_accuracies(models, source)
    facts = {
        key: (peak_memory(one.path, settings.batch), accuracies.get(str(one.path)))
        for key, one in files_run.items()
    }
    times = time_programs(programs, settings, rounds)
    by_path = {str(one.path): one for one in read}
    rows = []
    for (name, key), found in times.items():
        if key == REFERENCE:
            continue
        one = by_path[key]
        same_work = one.batch in (None, settings.batch)
        beside = times.get((name, REFERENCE)) if same_work else None
        rows.append(_row(one, found, *facts.get((name, key), (None, None)), beside))
    return rows


def _programs(
    files: Sequence[BenchmarkFile], settings: Settings, runtimes: Sequence[str] | None
) -> dict[str, list[Program]]:
    """Return what each runtime is to run."""
    programs: dict[str, list[Program]] = {}
    for one in files:
        path = str(one.path)
        programs.setdefault(one.runtime, []).append(Program(path, file=path))
    modules = [
        name for name, runtime in available_runtimes().items() if isinstance(runtime, ModuleRuntime)
    ]
    ours: dict[Any, BenchmarkFile] = {}
    for one in sorted(files, key=lambda one: one.dtype != "float32"):
        if one.architecture is not None:
            ours.setdefault(one.architecture.active, one)
    for operations, one in ours.items():
        if one.batch in (None, settings.batch):  # the same work a call
            for name in modules:
                programs.setdefault(name, []).append(Program(str(one.path), operations))
    if runtimes is None:
        return programs
    missing = sorted(set(runtimes) - set(programs))
    if missing:
        raise InputError(
            f"none of these files runs on {missing[0]}: choose from {', '.join(programs)}"
        )
    return {name: programs[name] for name in runtimes}


def _row(
    one: BenchmarkFile,
    times: Times,
    memory: int | None,
    accuracy: FileAccuracy | None,
    reference: Times | None,
) -> BenchmarkRow:
    dtype = one.dtype if times.runtime == one.runtime else "float32"
    actual = replace(times.settings, batch=one.batch or times.settings.batch, dtype=dtype)
    times = replace(times, settings=actual)
    return BenchmarkRow(
        file=str(one.path),
        times=times,
        images_per_second=1000 * actual.batch / times.median_ms,
        peak_memory_bytes=memory,
        file_bytes=one.path.stat().st_size,
        accuracy=accuracy.share if accuracy is not None else None,
        predicted_ms=_prediction(one, times),
        reference=times.best_ms / reference.best_ms if reference is not None else None,
        accuracy_images=accuracy.images if accuracy is not None else None,
        accuracy_judges=accuracy.judges if accuracy is not None else None,
    )


def _prediction(one: BenchmarkFile, times: Times) -> float | None:
    latency = one.facts.latency if one.facts is not None else None
    if latency is None or (latency.runtime, latency.device, latency.settings) != times.address:
        return None
    return latency.predicted_ms


def _reference(files: Sequence[BenchmarkFile]) -> Architecture:
    """Build MobileNetV2 for the images that the files take."""
    shapes = {one.shape for one in files}
    shape = next(iter(shapes))
    if len(shapes) > 1 or shape is None or shape[1] != shape[2]:
        raise InputError(
            "`reference` builds MobileNetV2 for the images that the files take, but these take "
            "different ones: benchmark them one by one"
        )
    classes = {one.architecture.classes for one in files if one.architecture is not None}
    return mobilenet_v2(shape[1], shape[0], min(classes, default=1000))
