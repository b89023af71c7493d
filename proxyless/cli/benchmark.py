"""``proxyless benchmark``: measure model files."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from latency import Settings

from ..deploy.benchmark import (
    ROUNDS,
    benchmark as run_benchmark,
    load_benchmark,
    save_benchmark,
)
from . import options
from .benchmark_output import show_benchmark
from .output import show_json
from .progress import working


def benchmark(
    files: Annotated[list[Path], typer.Argument(help="ONNX or TFLite files, ours or not.")],
    threads: options.Threads = 1,
    batch: Annotated[int, typer.Option(help="Images a call, where a file leaves that open.")] = 1,
    rounds: Annotated[int, typer.Option(help="Visits to each file in a process.")] = ROUNDS,
    data: Annotated[
        str | None, typer.Option(help="Images whose test split tells each file's accuracy.")
    ] = None,
    reference: Annotated[
        bool,
        typer.Option("--reference", help="Also time MobileNetV2, built for the same images."),
    ] = False,
    runtime: Annotated[
        list[str] | None, typer.Option(help="Only this runtime; may be given several times.")
    ] = None,
    wide: options.Wide = False,
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
    with working("benchmark"):
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
        show_json([asdict(row) for row in rows])
        return
    show_benchmark(rows, Settings(threads, batch), wide)


def _is_run(folder: Path) -> bool:
    return (folder / "train").is_dir() or (folder / "search").is_dir()
