"""``proxyless benchmark``: measure model files."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from latency import Settings

from ..benchmark import ROUNDS, BenchmarkRow, load_benchmark, save_benchmark
from ..benchmark import benchmark as run_benchmark
from ..path_names import path_names
from . import options
from .output import people, show_rows


def benchmark(
    files: Annotated[list[Path], typer.Argument(help="ONNX or TFLite files, ours or not.")],
    threads: options.Threads = 1,
    batch: Annotated[int, typer.Option(help="Images a call, where a file leaves that open.")] = 1,
    rounds: Annotated[int, typer.Option(help="Visits to each file in a process.")] = ROUNDS,
    data: Annotated[
        str | None,
        typer.Option(
            help="Images that tell each file's accuracy: the test split, or all where there is "
            "none and no file was trained on them."
        ),
    ] = None,
    reference: Annotated[
        bool,
        typer.Option("--reference", help="Also time MobileNetV2, built for the same images."),
    ] = False,
    runtime: Annotated[
        list[str] | None, typer.Option(help="Only this runtime; may be given several times.")
    ] = None,
    json: options.Json = False,
) -> None:
    """Measure model files on this machine, interleaved, the way tables are measured.

    A file of ours runs on PyTorch as well as on its own runtime. Where a file says what it was
    predicted to take here, that stands beside it. The rows for a model in a run directory are kept
    there for the report.
    """
    runs = [folder for folder in dict.fromkeys(file.parent for file in files) if _is_run(folder)]
    for folder in runs:
        load_benchmark(folder)  # what cannot be added to is said before minutes of measuring
    with people.status("benchmark"):
        rows = run_benchmark(
            files,
            Settings(threads, batch),
            rounds,
            data=data,
            reference=reference,
            runtimes=runtime or None,
        )
    for folder in runs:
        save_benchmark([row for row in rows if Path(row.file).parent == folder], folder)
    if json:
        show_rows("", [asdict(row) for row in rows], True)
        return
    names = path_names({row.file for row in rows})
    conditions = str(Settings(threads, batch)).rsplit(",", 1)[0]
    devices = {row.times.device for row in rows}
    several = len(devices) > 1
    where = "with" if several else f"on {rows[0].times.device},"
    times = [
        {
            "file": names[row.file],
            "device": row.times.device if several else None,
            **_times(row, batch),
        }
        for row in rows
    ]
    show_rows(f"Milliseconds {where} {conditions}", _without_empty(times), False)
    own = sorted((row for row in rows if row.of_file), key=lambda row: row.file)
    if own:
        facts = [{"file": names[row.file], **_facts(row)} for row in own]
        show_rows("Files", _without_empty(facts), False)


def _is_run(folder: Path) -> bool:
    return (folder / "train").is_dir() or (folder / "search").is_dir()


def _times(row: BenchmarkRow, batch: int) -> dict[str, Any]:
    times, own_batch = row.times, row.times.settings.batch
    return {
        "runtime": times.runtime,
        "batch": None if own_batch == batch else own_batch,
        "best": times.best_ms,
        "median": times.median_ms,
        "95 %": times.p95_ms,
        "predicted": row.predicted_ms,
        "images/s": f"{row.images_per_second:,.0f}",
        "of Mobile NetV2": None if row.reference is None else f"{row.reference:.2f} x",
    }


def _facts(row: BenchmarkRow) -> dict[str, Any]:
    memory = row.peak_memory_bytes
    return {
        "numbers": row.times.settings.dtype,
        "size": f"{row.file_bytes / 1e6:.2f} MB",
        "memory": None if memory is None else f"{memory / 1e6:.1f} MB",
        "accuracy": None if row.accuracy is None else _accuracy(row),
    }


def _accuracy(row: BenchmarkRow) -> str:
    whose = {"test": "test images", "held out": "held-out images", "all": "images, all there are"}
    which = "" if row.accuracy_judges is None else f", {whose[row.accuracy_judges]}"
    return f"{row.accuracy:.2%} of {row.accuracy_images:,}{which}"


def _without_empty(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out the columns that no row has."""
    used = {name for row in rows for name, value in row.items() if value is not None}
    return [{name: value for name, value in row.items() if name in used} for row in rows]
