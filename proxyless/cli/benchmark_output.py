"""What `proxyless benchmark` prints: a table of times a device, and one of the files."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from latency import Settings

from ..runs.path_names import path_names
from .columns import Column
from .console import print_message, show_rows
from .formatting import percent

if TYPE_CHECKING:
    from ..deploy.benchmark import BenchmarkRow


EVALUATED_IMAGES = {
    "held out": "The data has no test split: accuracy is over the fifth that training held out.",
    "all": "The data has no test split, and no file says that it was trained on it: accuracy is "
    "over all its images.",
}
"""What an accuracy is over, where that is no test split."""


def show_benchmark(rows: "Sequence[BenchmarkRow]", asked: Settings, wide: bool) -> None:
    """Print what was measured with the threads and batch that were asked for."""
    names = path_names({row.file for row in rows})
    conditions = str(asked).rsplit(",", 1)[0]
    for device in dict.fromkeys(row.times.device for row in rows):
        there = [row for row in rows if row.times.device == device]
        columns = _time_columns(names, asked.batch, there)
        show_rows(f"Measured on {device}, {conditions}", there, columns, wide)
    first = {row.file: row for row in reversed(rows) if row.of_file}  # on its own runtime
    own = sorted(first.values(), key=lambda row: row.file)
    if own:
        show_rows("Files", own, _file_columns(names), wide)
    for sentence in dict.fromkeys(EVALUATED_IMAGES.get(str(row.accuracy_judges)) for row in own):
        if sentence is not None:
            print_message(sentence)


def _time_columns(
    names: dict[str, str], batch: int, rows: "Sequence[BenchmarkRow]"
) -> "list[Column[BenchmarkRow]]":
    """Return the columns; a batch stands where a file has another one than was asked for.

    PyTorch runs the network of an int8 file in float32: that stands there, where it is not plain.
    """
    mixed = len({row.times.settings.dtype for row in rows}) > 1

    def runtime(row: "BenchmarkRow") -> str:
        numbers = "" if row.of_file or not mixed else f" {row.times.settings.dtype}"
        return row.times.runtime + numbers

    def own_batch(row: "BenchmarkRow") -> int | None:
        has = row.times.settings.batch
        return None if has == batch else has

    return [
        Column("file", lambda row: names[row.file], whole=True),
        Column("runtime", runtime, whole=True),
        Column("batch", own_batch, numeric=True),
        Column("best ms", lambda row: row.times.best_ms, numeric=True),
        Column("median ms", lambda row: row.times.median_ms, numeric=True),
        Column("95 % ms", lambda row: row.times.p95_ms, numeric=True, wide=True),
        Column("predicted ms", lambda row: row.predicted_ms, numeric=True),
        Column("images/s", lambda row: round(row.images_per_second), numeric=True, wide=True),
        Column("x MobileNetV2", lambda row: row.reference, numeric=True, decimals=2),
    ]


def _file_columns(names: dict[str, str]) -> "list[Column[BenchmarkRow]]":
    return [
        Column("file", lambda row: names[row.file], whole=True),
        Column("numbers", lambda row: row.times.settings.dtype),
        Column("size MB", lambda row: row.file_bytes / 1e6, numeric=True, decimals=3),
        Column("memory MB", _memory, numeric=True, decimals=1),
        Column("accuracy", lambda row: percent(row.accuracy), numeric=True),
        Column("of images", lambda row: row.accuracy_images, numeric=True),
    ]


def _memory(row: "BenchmarkRow") -> float | None:
    memory = row.peak_memory_bytes
    return None if memory is None else memory / 1e6
