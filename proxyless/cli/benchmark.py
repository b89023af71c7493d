"""``proxyless benchmark``: measure model files."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from latency.settings import Settings

from ..config import BenchmarkConfig
from ..path_names import path_names
from . import options
from .config_options import configured
from .given import Given
from .output import people, show_rows

if TYPE_CHECKING:
    from ..deploy.benchmark import BenchmarkRow


@configured(BenchmarkConfig, names={"runtimes": "runtime"}, left_out=("settings.dtype",))
def benchmark(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...", help="ONNX or TFLite files, ours or not.", show_default=False
        ),
    ],
    given: Given,
    json: options.Json = False,
) -> None:
    """Measure model files on this machine, interleaved, the way tables are measured.

    A file of ours runs on PyTorch as well as on its own runtime. Where a file says what it was
    predicted to take here, that stands beside it. The rows for a model in a run directory are kept
    there for the report.
    """
    config: BenchmarkConfig = given.resolve()
    from ..deploy.benchmark import benchmark as run_benchmark, load_benchmark, save_benchmark

    runs = [folder for folder in dict.fromkeys(file.parent for file in files) if _is_run(folder)]
    for folder in runs:
        load_benchmark(folder)  # what cannot be added to is said before minutes of measuring
    with people.status("benchmark"):
        rows = run_benchmark(
            files,
            config.settings,
            config.rounds,
            data=config.data,
            reference=config.reference,
            runtimes=config.runtimes or None,
        )
    for folder in runs:
        save_benchmark([row for row in rows if Path(row.file).parent == folder], folder)
    if json:
        show_rows("", [asdict(row) for row in rows], True)
        return
    names = path_names({row.file for row in rows})
    conditions = str(config.settings).rsplit(",", 1)[0]
    devices = {row.times.device for row in rows}
    several = len(devices) > 1
    where = "with" if several else f"on {rows[0].times.device},"
    times = [
        {
            "file": names[row.file],
            "device": row.times.device if several else None,
            **_times(row, config.settings),
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


def _times(row: "BenchmarkRow", asked: Settings) -> dict[str, Any]:
    times, own_batch = row.times, row.times.settings.batch
    return {
        "runtime": times.runtime,
        "batch": None if own_batch == asked.batch else own_batch,
        "best": times.best_ms,
        "median": times.median_ms,
        "95 %": times.p95_ms,
        "predicted": row.predicted_ms,
        "images/s": f"{row.images_per_second:,.0f}",
        "of Mobile NetV2": None if row.reference is None else f"{row.reference:.2f} x",
    }


def _facts(row: "BenchmarkRow") -> dict[str, Any]:
    memory = row.peak_memory_bytes
    return {
        "numbers": row.times.settings.dtype,
        "size": f"{row.file_bytes / 1e6:.2f} MB",
        "memory": None if memory is None else f"{memory / 1e6:.1f} MB",
        "accuracy": None if row.accuracy is None else _accuracy(row),
    }


def _accuracy(row: "BenchmarkRow") -> str:
    whose = {"test": "test images", "held out": "held-out images", "all": "images, all there are"}
    which = "" if row.accuracy_judges is None else f", {whose[row.accuracy_judges]}"
    return f"{row.accuracy:.2%} of {row.accuracy_images:,}{which}"


def _without_empty(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out the columns that no row has."""
    used = {name for row in rows for name, value in row.items() if value is not None}
    return [{name: value for name, value in row.items() if name in used} for row in rows]
