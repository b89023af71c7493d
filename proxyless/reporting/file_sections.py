"""The sections about a run's exported files and their measured latency."""

from pathlib import Path

from ..deploy.benchmark import BenchmarkRow
from .commands import benchmark_command, export_command
from .formatting import NOTHING, megabytes, percent
from .measurement import deviation, draw_measurements
from .run import Run
from .section import Section, Table, missing_section, without_empty

FILE_HEADERS = ("file", "numbers", "bytes", "test accuracy", "peak memory")
ROW_HEADERS = (
    "no.", "file", "runtime", "device", "threads", "batch", "numbers",
    "best ms", "median ms", "p95 ms", "predicted ms", "deviation", "images/s", "of MobileNetV2",
)  # fmt: skip


def export_section(run: Run) -> Section:
    """List the deployable files, with what a benchmark measured of them."""
    title = "Exported files"
    if not run.files:
        return missing_section(title, export_command(run))
    cells = [_file_cells(path, _own_row(path, run)) for path in run.files]
    headers, rows = without_empty(FILE_HEADERS, cells, NOTHING)
    return Section(title, tables=(Table("Files", headers, rows, folded=False),))


def benchmark_section(run: Run) -> Section:
    """Compare measured latencies with the predictions."""
    title = "Measured latency"
    if not run.rows:
        return missing_section(title, benchmark_command(run))
    cells = [_row_cells(number, row) for number, row in enumerate(run.rows, 1)]
    headers, rows = without_empty(ROW_HEADERS, cells, NOTHING)
    picture = draw_measurements(run.rows, run.target_ms, run.relative_error)
    return Section(title, (), (picture,), (Table("Measurements", headers, rows, folded=False),))


def _own_row(path: Path, run: Run) -> BenchmarkRow | None:
    """Return the measurement of the file itself, not of its network in PyTorch."""
    own = (row for row in run.rows if Path(row.file).name == path.name and row.of_file)
    return next(own, None)


def _file_cells(path: Path, row: BenchmarkRow | None) -> tuple[str | None, ...]:
    size = f"{path.stat().st_size:,}"
    if row is None:
        return (path.name, None, size, None, None)
    return (
        path.name,
        row.times.settings.dtype,
        size,
        None if row.accuracy is None else percent(row.accuracy),
        None if row.peak_memory_bytes is None else megabytes(row.peak_memory_bytes),
    )


def _row_cells(number: int, row: BenchmarkRow) -> tuple[str | None, ...]:
    times, conditions = row.times, row.times.settings
    predicted = None if row.predicted_ms is None else f"{row.predicted_ms:.4g}"
    return (
        str(number), row.file, f"{times.runtime} {times.version}", times.device,
        str(conditions.threads), str(conditions.batch), conditions.dtype,
        f"{times.best_ms:.4g}", f"{times.median_ms:.4g}", f"{times.p95_ms:.4g}", predicted,
        deviation(row), f"{row.images_per_second:,.0f}",
        None if row.reference is None else f"{row.reference:.2f}",
    )  # fmt: skip
