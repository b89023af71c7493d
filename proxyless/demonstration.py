"""The demo: every verb once, on data and a device that everybody has."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from latency import Protocol, load_predictor, profile
from search_spaces import InputError, load_space
from search_spaces.files import PARTIAL

from .config import DeviceConfig, SearchConfig, TaskConfig, TrainConfig
from .data.digits import DIGITS
from .deploy.benchmark import benchmark, save_benchmark
from .deploy.export import export
from .nas.search import search
from .reporting import report
from .training.train import train

RUNTIME = "onnxruntime"
SPACE = "tiny"
TARGET_SHARE = 0.6
WRITTEN = {
    *("table.db", "table.db-wal", "table.db-shm", "table.db-journal", "search", "train"),
    *("architecture.json", "model.onnx", "benchmark.json", "provenance.json", "report.html"),
}
"""Everything a demo leaves in its folder."""

Stage = Callable[[str], Callable[..., None]]
"""Told the name of the stage that begins; returns the progress callback for it."""


@dataclass(frozen=True)
class DemoResult:
    """What the demo found."""

    target_ms: float
    predicted_ms: float
    measured_ms: float
    test_accuracy: float
    max_difference: float
    parameters: int
    architecture: list[str]
    report: str
    model: str


def demo(run: Path, stage: Stage = lambda name: lambda *_: None) -> DemoResult:
    """Profile this CPU, search, train, export, verify, measure, report: all into ``run``.

    An earlier demo in ``run`` is replaced; a folder that holds anything else is refused.
    """
    _clear(run)
    table = run / "table.db"
    profile(
        load_space(SPACE), table, RUNTIME, protocol=Protocol(rounds=16), progress=stage("profile")
    )
    target_ms = _target(table)
    task = TaskConfig(DIGITS, SPACE, batch_size=32, compute="cpu", compute_threads=1)
    (found,) = search(
        SearchConfig(
            task,
            (DeviceConfig(str(table), target_ms, runtime=RUNTIME),),
            warmup_epochs=8,
            epochs=12,
            architecture_interval=2,
        ),
        run,
        stage("search"),
    )
    trained = train(TrainConfig(task, found.architecture, epochs=14), run, stage("train"))
    stage("export")
    exported = export(run)
    stage("benchmark")
    rows = benchmark([Path(exported.path)], runtimes=[RUNTIME])
    save_benchmark(rows, run)
    stage("report")
    page = report(run)
    return DemoResult(
        target_ms=target_ms,
        predicted_ms=found.result.predicted_ms,
        measured_ms=rows[0].times.best_ms,
        test_accuracy=trained.test_accuracy,
        max_difference=exported.max_difference,
        parameters=trained.parameters,
        architecture=list(found.architecture.labels),
        report=str(page),
        model=exported.path,
    )


def _clear(run: Path) -> None:
    if not run.exists():
        return
    if not run.is_dir():
        raise InputError(f"{run} is a file: choose a folder with `run`")
    names = {entry.name for entry in run.iterdir() if not entry.name.endswith(PARTIAL)}
    foreign = sorted(names - WRITTEN)
    if foreign:
        raise InputError(
            f"{run} holds {foreign[0]}, which no demo wrote: choose another folder with `run`"
        )
    if names and "table.db" not in names:
        raise InputError(f"{run} holds a run that no demo began: choose another folder with `run`")
    shutil.rmtree(run)


def _target(table: Path) -> float:
    """Return the latency 60 % of the way from the fastest to the slowest network, in 4 digits."""
    low, high = load_predictor(table, RUNTIME).bounds(load_space(SPACE))
    return float(f"{low + TARGET_SHARE * (high - low):.4g}")
