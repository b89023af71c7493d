"""What a benchmark says of a file, and ``benchmark.json``, where a run keeps it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from search_spaces import InputError
from search_spaces.files import write_atomically
from search_spaces.schema import parse, read_json

from ...runs.provenance import record
from ..timing import Times, runtime_of
from .file_accuracy import Judges

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

    file: str
    times: Times
    images_per_second: float
    peak_memory_bytes: int | None
    file_bytes: int
    accuracy: float | None
    predicted_ms: float | None
    reference: float | None
    accuracy_images: int | None = None
    accuracy_judges: Judges | None = None

    @property
    def of_file(self) -> bool:
        """Whether the file itself ran, and not its network on PyTorch."""
        return self.times.runtime == runtime_of(Path(self.file)).name

    @property
    def address(self) -> tuple[object, ...]:
        """What a later measurement must share to replace this one."""
        return (Path(self.file).name, *self.times.address)


@dataclass(frozen=True)
class _Rows:
    rows: list[BenchmarkRow]


def load_benchmark(run: Path) -> list[BenchmarkRow]:
    """Read what a run keeps; nothing where it was never benchmarked.

    Raises:
        InputError: the file is damaged, or another release wrote it.
    """
    path = run / FILE
    if not path.is_file():
        return []
    try:
        return parse(_Rows, read_json(path, "benchmark"), str(path)).rows
    except InputError as error:
        raise InputError(
            f"{error}: it is damaged, or of another release; delete it, and run "
            "`proxyless benchmark` again"
        ) from None


def save_benchmark(rows: Sequence[BenchmarkRow], run: Path) -> None:
    """Keep the rows in a run directory, where the report finds them, beside those of before.

    Rows of the same file, runtime, device, threads, batch and numbers are replaced.
    """
    kept = {row.address: row for row in (*load_benchmark(run), *rows)}
    content = json.dumps({"rows": [asdict(row) for row in kept.values()]}, indent=1)
    write_atomically(run / FILE, content.encode())
    record(run, FILE)
