"""What a benchmark says of a file, and ``benchmark.json``, where a run keeps it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from search_spaces.numbers import Count, Milliseconds, NonNegative, Share
from search_spaces.schema import STRICT

from ...runs.provenance import record
from ...runs.results import Times, VersionedFile
from ..timing import runs_modules
from .file_accuracy import EvaluatedImages

FILE = "benchmark.json"


@dataclass(frozen=True)
class BenchmarkRow:
    """One file on one runtime.

    ``times`` are with the batch and the numbers that the file has. ``images_per_second`` is by the
    median. ``peak_memory_bytes`` is what the file adds to a process. ``accuracy`` is over
    ``accuracy_images`` images, where data was given: its "test" split, what training holds "held
    out" of it, or "all" of it (``accuracy_judges``). ``predicted_ms`` is what the file says of this
    very device, runtime, threads, batch and numbers. ``reference`` is this row's best as a multiple
    of MobileNetV2's, built for the same images, on the same runtime; None without it, or where the
    file has a batch of its own.
    """

    __pydantic_config__ = STRICT
    file: str
    times: Times
    images_per_second: NonNegative
    peak_memory_bytes: Count | None
    file_bytes: Count
    accuracy: Share | None
    predicted_ms: Milliseconds | None
    reference: NonNegative | None
    accuracy_images: Count | None = None
    accuracy_judges: EvaluatedImages | None = None

    @property
    def of_file(self) -> bool:
        """Whether the file itself ran, and not its network on PyTorch."""
        return not runs_modules(self.times.runtime)

    @property
    def address(self) -> tuple[object, ...]:
        """What a later measurement must share to replace this one."""
        return (Path(self.file).name, *self.times.address)


@dataclass(frozen=True)
class _Rows:
    rows: list[BenchmarkRow]


BENCHMARK = VersionedFile(
    _Rows,
    "proxyless.benchmark",
    2,
    "benchmark",
    "delete it, and run `proxyless benchmark` again",
)
"""Version 1 did not say its version; nothing else has changed since."""


def load_benchmark(run: Path) -> list[BenchmarkRow]:
    """Read what a run keeps; nothing where it was never benchmarked.

    Raises:
        InputError: the file is damaged, or another release wrote it.
    """
    path = run / FILE
    return BENCHMARK.read(path).rows if path.is_file() else []


def save_benchmark(rows: Sequence[BenchmarkRow], run: Path) -> None:
    """Keep the rows in a run directory, where the report finds them, beside those of before.

    Rows of the same file, runtime, device, threads, batch and numbers are replaced.
    """
    kept = {row.address: row for row in (*load_benchmark(run), *rows)}
    BENCHMARK.write(_Rows(list(kept.values())), run / FILE)
    record(run, FILE)
