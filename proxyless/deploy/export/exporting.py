"""Export: the trained network as a file other people's tools accept, checked before it is left."""

import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from latency import Settings
from search_spaces import InputError
from search_spaces.files import write_atomically
from search_spaces.graphs.lowerable import check_lowerable
from search_spaces.graphs.metadata import read_texts
from search_spaces.graphs.scaling import Scaling
from search_spaces.ours import check_replaceable

from ...runs.provenance import record
from ...runs.results import Times
from ...runs.run_directory import check_run
from ...runs.trained_run import TrainedRun
from ..model_file import PREFIX, ModelFile, write_metadata
from ..timing import time_file
from .checks import INT8_DROP, Agreement, Checks
from .delegation import Delegation, delegation
from .facts import model_facts
from .formats import Format, get_format, lower
from .images import CheckImages

CALIBRATION_IMAGES = 256
TIMED_ROUNDS = 4


@dataclass(frozen=True)
class Export:
    """An exported file, how far it is from PyTorch, and what it takes.

    Accuracies are shares of the test images; ``measured`` is on this machine, if that was asked
    for; ``delegation`` says what XNNPACK runs of a TFLite file.
    """

    path: str
    format: str
    bytes: int
    batch: int | None
    max_difference: float
    images_checked: int
    test_accuracy: float
    pytorch_accuracy: float
    measured: Times | None
    delegation: Delegation | None


def export(
    run: Path,
    file_format: str = "onnx",
    output: Path | None = None,
    *,
    batch: int | None = 1,
    pixels: bool = False,
    data: str | None = None,
    max_drop: float = INT8_DROP,
    measure: bool = True,
    force: bool = False,
) -> Export:
    """Export the trained network of a run to ``model.onnx`` (say) in the run, or to ``output``.

    The file is lowered from operation specs by the same code that made the profiled graphs, with
    batch norms folded. Before it is left it must agree with PyTorch: in its logits on real training
    images (float32), in its accuracy on the test images, and to the last bit with what a fresh
    process that imports nothing of ours finds in it.

    Args:
        run: a trained run.
        file_format: onnx, tflite, onnx-int8 or tflite-int8.
        output: the file to write.
        batch: images a call; None leaves it open (ONNX only).
        pixels: the file takes pixels of 0 to 255 and normalises them itself.
        data: where the images are now, if not where they were in training.
        max_drop: points of test accuracy that int8 may cost.
        measure: time the file on this machine, and write that into it.
        force: replace a file that Proxyless did not export.

    Raises:
        InputError: the run is not trained, the format is unknown, an operation of the network has
            no layers to lower, or a check fails; a file that fails is not left behind.
    """
    kind = get_format(file_format)
    destination = output or run / kind.file_name
    check_run(run)
    _check_request(destination, kind, batch)
    check_replaceable(destination, lambda content: _is_exported(content, kind.suffix), force)
    trained = TrainedRun.load(run)
    check_lowerable(trained.architecture.active, f"{kind.name} file")
    network = trained.network()
    checks = Checks(run, kind, network, CheckImages.of(trained, data, pixels), max_drop)
    lowered = _lower(trained, checks, batch, pixels)
    content, agreement, measured = _check(lowered, trained, checks, batch, pixels, measure)
    write_atomically(destination, content)
    if destination.resolve().parent == run.resolve():
        record(run, destination.name)
    return Export(
        path=str(destination),
        format=kind.name,
        bytes=len(content),
        batch=batch,
        **asdict(agreement),
        measured=measured,
        delegation=delegation(content) if kind.suffix == ".tflite" else None,
    )


def _lower(trained: TrainedRun, checks: Checks, batch: int | None, pixels: bool) -> bytes:
    """Return the network as the bytes of a file; int8 is calibrated with training images."""
    kind, calibration = checks.kind, None
    scaling = Scaling.of(trained.result.mean, trained.result.std) if pixels else None
    if kind.dtype == "int8":
        calibration = checks.images.training_images(CALIBRATION_IMAGES).for_file
    return lower(checks.network, trained.architecture, kind, batch, scaling, calibration)


def _check(
    lowered: bytes,
    trained: TrainedRun,
    checks: Checks,
    batch: int | None,
    pixels: bool,
    measure: bool,
) -> tuple[bytes, Agreement, Times | None]:
    """Check a file, write its metadata into it, and return it with what was measured."""
    kind = checks.kind
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / kind.file_name
        write_atomically(path, lowered)
        model = ModelFile.load(path)
        agreement = checks.compare(model)
        measured = _measure(path, kind, batch, trained) if measure else None
        facts = model_facts(
            trained,
            model,
            dtype=kind.dtype,
            pixels=pixels,
            test_accuracy=agreement.test_accuracy,
            measured=measured,
        )
        content = write_metadata(lowered, kind.suffix, facts.to_metadata())
        write_atomically(path, content)
        checks.reload(path)
    return content, agreement, measured


def _check_request(path: Path, kind: Format, batch: int | None) -> None:
    """Refuse what cannot be made, or written there, before any work."""
    if batch is not None and batch < 1:
        raise InputError(f"`batch` {batch} is not at least 1: give a number, or `dynamic`")
    if path.suffix != kind.suffix:
        raise InputError(f"{path} is no name for {kind.name}: let it end in {kind.suffix}")
    if path.is_dir() or any(parent.is_file() for parent in path.parents):
        raise InputError(f"{path} cannot be written: it, or what it lies in, is there already")


def _is_exported(content: bytes, suffix: str) -> bool:
    return any(name.startswith(PREFIX) for name in read_texts(content, suffix))


def _measure(path: Path, kind: Format, batch: int | None, trained: TrainedRun) -> Times:
    """Time the file with the threads that its prediction is for."""
    searched = trained.search_result
    same = searched is not None and searched.runtime == kind.runtime
    settings = searched.settings if searched is not None and same else Settings()
    settings = replace(settings, batch=batch or settings.batch, dtype=kind.dtype)
    return time_file(path, settings, TIMED_ROUNDS)
