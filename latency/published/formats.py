"""The published formats, and reading a file with detection of its format."""

from dataclasses import dataclass
from pathlib import Path

from search_spaces import InputError
from search_spaces.nearest import did_you_mean_path
from search_spaces.sheet import read_foreign_text

from .base import Format, PublishedEntry
from .block_csv import BlockCSV
from .columns import LatencyColumn, read_entries
from .once_for_all import OnceForAll
from .parsing import Rows, parse_published
from .proxylessnas import ProxylessNAS

FORMATS: dict[str, Format] = {
    published.name: published for published in (ProxylessNAS(), OnceForAll(), BlockCSV())
}


@dataclass(frozen=True)
class Published:
    """A published table that was read, and how it was understood."""

    file_format: Format
    column: LatencyColumn
    entries: list[PublishedEntry]


def read_published(
    file: Path, file_format: str = "auto", device: str = "", column: str | None = None
) -> Published:
    """Read a published table: it is parsed first, and recognised by what it holds.

    ``file_format`` "auto" detects the format; ``device`` chooses among rows of several devices;
    ``column`` names the column of latencies, or one of several tables.

    Raises:
        InputError: the file is missing, unreadable, empty, of no known format, or has errors.
    """
    if file_format not in ("auto", *FORMATS):
        raise InputError(f"there is no format {file_format!r}: choose auto, {', '.join(FORMATS)}")
    rows = parse_published(_read(file), str(file), device, column)
    latencies, entries = read_entries(rows, None if column == rows.table else column)
    return Published(_format(rows, file_format), latencies, entries)


def _format(rows: Rows, file_format: str) -> Format:
    if file_format == "auto":
        return next(known for known in FORMATS.values() if known.recognises(rows))
    chosen = FORMATS[file_format]
    if isinstance(chosen, BlockCSV) and rows.syntax != "columns":
        raise InputError(
            f"{rows.source} has rows below keys, but format {file_format} needs columns, as "
            "block_name,latency(ms): choose another, or auto"
        )
    return chosen


def _read(file: Path) -> str:
    if file.is_dir():
        raise InputError(f"{file} is a folder: name a published latency table in it")
    if not file.exists():
        near = did_you_mean_path(file, Path.is_file)
        raise InputError(f"{file} does not exist{near}: name a published latency table")
    return read_foreign_text(file, "latency table")
