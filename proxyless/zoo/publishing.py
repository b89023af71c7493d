"""Adding a trained run to a zoo, and measuring its files on further devices."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from latency import Settings
from search_spaces import InputError
from search_spaces.files import atomic_folder, remove_abandoned, sha256
from search_spaces.outside import read_bytes

from ..deploy.benchmark import ROUNDS, BenchmarkRow, benchmark
from ..deploy.export import FORMATS, Export, export, get_format
from ..deploy.export.checks import INT8_DROP
from ..runs.results import TrainingResult
from ..runs.trained_run import TrainedRun
from .card import FILE, Card, Latency, ModelEntry, Training
from .commands import run_commands
from .page import check_pages, write_pages
from .zoo import WEIGHTS, Zoo

NAME = "abcdefghijklmnopqrstuvwxyz0123456789_"


def publish(
    run: Path,
    name: str,
    folder: Path,
    *,
    formats: Sequence[str] = tuple(FORMATS),
    max_drop: float = INT8_DROP,
    data: str | None = None,
    force: bool = False,
) -> Card:
    """Export a trained run into ``folder / name`` with its card, and measure it on this machine.

    ``force`` replaces an index that is not ours.

    Raises:
        InputError: the name is taken or invalid, the run is not trained, no commands repeat it,
            or an export fails its checks. The folder is then not created.
    """
    if not name or set(name) - set(NAME):
        raise InputError(f"{name!r} is no name for a model: use a-z, 0-9 and _")
    model_folder = folder / name
    if any(parent.is_file() for parent in (folder, *folder.parents)):
        raise InputError(f"{folder} lies in a file, or is one: name a folder")
    remove_abandoned(folder)
    if model_folder.exists():
        raise InputError(f"{model_folder} exists: choose another name, or delete it")
    if folder.is_dir():
        check_pages(Zoo(folder), force)
    trained = TrainedRun.load(run)
    commands = run_commands(run, name, formats)
    with atomic_folder(model_folder) as unfinished:
        exported = [
            export(run, kind, unfinished / get_format(kind).file_name, max_drop=max_drop, data=data)
            for kind in formats
        ]
        shutil.copy(trained.weights, unfinished / WEIGHTS)
        replace(trained.architecture, name=name).save(unfinished / "architecture.json")
        card = Card(
            name=name,
            summary=_summary(trained),
            training=_training(trained.result),
            files=tuple(map(_entry, exported)),
            commands=tuple(commands),
        )
        card.save(unfinished / FILE)
    write_pages(Zoo(folder), force)  # the model is complete now, except for latencies
    return measure(Zoo(folder), name, force=force)


def measure(
    zoo: Zoo,
    name: str,
    settings: Settings | None = None,
    rounds: int = ROUNDS,
    *,
    force: bool = False,
) -> Card:
    """Benchmark a model's files on this machine and add the latencies to its card.

    Latencies of the same file, runtime, device and settings are replaced in the card.
    ``force`` replaces an index that is not ours.
    """
    model_folder, card = zoo.path(name), zoo.card(name)
    if not card.files:
        raise InputError(f"{name} is an architecture without files: there is nothing to measure")
    zoo.require_files(name)
    check_pages(zoo, force)
    rows = benchmark([model_folder / entry.name for entry in card.files], settings, rounds)
    measured_on = datetime.now(UTC).date().isoformat()
    measured = (_latency(row, measured_on) for row in rows)
    kept = {latency.address: latency for latency in (*card.latencies, *measured)}
    card = replace(card, latencies=tuple(kept.values()))
    card.save(model_folder / FILE)
    write_pages(zoo, force)
    return card


def _summary(trained: TrainedRun) -> str:
    """Return a sentence that describes the network."""
    architecture = trained.architecture
    channels, height, width = architecture.input_shape
    description = (
        f"A network of the space {architecture.space} for {height} x {width} images of "
        f"{'one channel' if channels == 1 else f'{channels} channels'}, "
        f"{architecture.classes} classes"
    )
    searched = trained.search_result
    if searched is None:
        return f"{description}."
    predicted = f"predicted to take {searched.predicted_ms:.4g} ms there"
    return f"{description}, searched for {searched.profile}; {predicted}."


def _training(result: TrainingResult) -> Training:
    return Training(
        data=result.data,
        class_names=tuple(result.class_names),
        mean=tuple(result.mean),
        std=tuple(result.std),
        train_images=result.train_images,
        test_images=result.test_images,
        epochs=result.epochs,
        test_accuracy=result.test_accuracy,
    )


def _entry(exported: Export) -> ModelEntry:
    path = Path(exported.path)
    digest = sha256(read_bytes(path, "model"))
    return ModelEntry(path.name, exported.format, exported.bytes, digest, exported.test_accuracy)


def _latency(row: BenchmarkRow, measured_on: str) -> Latency:
    return Latency(Path(row.file).name, row.times, row.predicted_ms, measured_on)
