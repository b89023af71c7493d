"""``proxyless benchmark``: measure model files."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from latency import Settings

from ..benchmark import ROUNDS, save_benchmark
from ..benchmark import benchmark as run_benchmark
from . import options
from .output import people, show_rows


def benchmark(
    files: Annotated[list[Path], typer.Argument(help="ONNX or TFLite files, ours or not.")],
    threads: options.Threads = 1,
    batch: Annotated[int, typer.Option(help="Images a call, where a file leaves that open.")] = 1,
    rounds: Annotated[int, typer.Option(help="Visits to each file in a process.")] = ROUNDS,
    json: options.Json = False,
) -> None:
    """Measure model files on this machine, interleaved, the way tables are measured.

    Where a file says what it was predicted to take here, that stands beside it. The rows for a
    model in a run directory are kept there for the report.
    """
    with people.status("benchmark"):
        rows = run_benchmark(files, Settings(threads, batch), rounds)
    for folder in {file.parent for file in files if (file.parent / "architecture.json").exists()}:
        save_benchmark([row for row in rows if Path(row.file).parent == folder], folder)
    if json:
        show_rows("", [asdict(row) for row in rows], True)
        return
    shown = [
        {
            "file": row.file,
            "runtime": row.runtime,
            "best ms": row.best_ms,
            "median ms": row.median_ms,
            "95 % ms": row.p95_ms,
            "predicted ms": row.predicted_ms,
        }
        for row in rows
    ]
    threads_batch = str(Settings(threads, batch))
    show_rows(f"Benchmark on {rows[0].device}, {threads_batch}", shown, False)
