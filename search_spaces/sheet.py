"""Texts of other programs: their encodings, and tables as spreadsheets save them.

A sheet is text with a line of column names and a line for each row. Programs differ in the
separator (comma, semicolon, tab) and, by language, in the decimal mark.
"""

import codecs
import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import InputError
from .outside import MEBIBYTE, read_bytes

SEPARATORS = (",", ";", "\t")
MOST_COLUMNS = 1000
MOST_ROWS = 100_000
"""Rows of a sheet that are read: the largest tables that were published have some thousands."""
SHEET_LIMIT = 16 * MEBIBYTE
"""Bytes of a sheet or a table that are read."""
NUMBER = re.compile(r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})(?:[eE][+-]?\d{1,4})?", re.ASCII)
_COMMA = re.compile(r"[+-]?\d{1,40},\d{1,40}(?:[eE][+-]?\d{1,4})?", re.ASCII)
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)
"""What could be 1,234 as well as 1.234."""


@dataclass(frozen=True)
class SheetRow:
    """One row: its line in the file, counted from 1, and its cells by column, stripped."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Sheet:
    """A table of text; ``name`` is that of its file, with what it is, in sentences."""

    name: str
    separator: str
    columns: tuple[str, ...]
    rows: tuple[SheetRow, ...]

    def numbers(self, column: str) -> list[str]:
        """Return the cells of a column, decimal commas as points; what is no number stays.

        Raises:
            InputError: commas may be decimal marks as well as thousands, or stand beside points.
        """
        cells = [row.cells[column] for row in self.rows]
        commas = [
            (row.line, text) for row, text in zip(self.rows, cells, strict=True) if "," in text
        ]
        if not any(_COMMA.fullmatch(text) for _, text in commas):
            return cells
        proven = self.separator == ";" or any(
            _COMMA.fullmatch(text) and not _GROUPED.fullmatch(text) for _, text in commas
        )
        line, text = commas[0]
        if not proven:
            raise InputError(
                f"{self.name}, line {line}: {text!r:.60} in column {column!r:.60} may be a decimal "
                "number or one of thousands: write it with a point, or without a mark"
            )
        points = [row.line for row, cell in zip(self.rows, cells, strict=True) if "." in cell]
        if points:
            raise InputError(
                f"{self.name}: column {column!r:.60} has a decimal comma in line {line} and a "
                f"point in line {points[0]}: write all its numbers alike"
            )
        return [text.replace(",", ".") if _COMMA.fullmatch(text) else text for text in cells]


def read_foreign_text(path: Path, noun: str, limit: int = SHEET_LIMIT) -> str:
    """Read text of another program: UTF-8, or UTF-16 with its mark; line ends become ``\\n``.

    Raises:
        InputError: see :func:`.outside.read_bytes`; or it is no such text.
    """
    content = read_bytes(path, noun, limit)
    utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if utf_16 else "utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{noun} {path} cannot be read as text: save it as UTF-8") from None
    if "\0" in text:
        raise InputError(f"{noun} {path} cannot be read as text: it holds zero bytes")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse_sheet(text: str, name: str) -> Sheet:
    """Turn text into a sheet; empty lines, and comments (#) before the header, are skipped.

    Raises:
        InputError: there is no header or one of a single column, a name is there twice, a row has
            more cells than the header, quotes do not end, or there are too many rows.
    """
    lines = text.split("\n")
    first = next((number for number, line in enumerate(lines) if _says_something(line)), len(lines))
    separators: Sequence[str] = SEPARATORS
    if first < len(lines) and (told := re.fullmatch(r"sep=([,;\t])", lines[first].strip(" "))):
        separators = (told[1],)
        first += 1
    begin = lines[first] if first < len(lines) else ""
    separator = max(separators, key=lambda one: _width(begin, one))
    if not 2 <= _width(begin, separator) <= MOST_COLUMNS:
        raise InputError(
            f"{name} is no table of several columns: separate them by commas, semicolons or tabs"
        )
    rows = _rows("\n".join(lines[first:]), separator, first, name)
    (_, header), *body = rows
    columns = _columns(header, name)
    return Sheet(
        name,
        separator,
        columns,
        tuple(SheetRow(line, _cells(columns, row, f"{name}, line {line}")) for line, row in body),
    )


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _rows(text: str, separator: str, before: int, name: str) -> list[tuple[int, list[str]]]:
    """Return the lines that hold something, with their numbers."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows = []
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                rows.append((before + reader.line_num, cells))
            if len(rows) > MOST_ROWS + 1:
                raise InputError(f"{name} has more than {MOST_ROWS} rows: divide it")
    except csv.Error as error:
        raise InputError(f"{name}, line {before + reader.line_num}: {error}") from None
    return rows


def _width(header: str, separator: str) -> int:
    """Return how many columns a header has with a separator; 0 where its quotes do not fit."""
    try:
        return len(next(csv.reader([header], delimiter=separator, strict=True), []))
    except csv.Error:
        return 0


def _columns(header: list[str], name: str) -> tuple[str, ...]:
    """Return the names of columns; what spreadsheets leave empty at the end is no column."""
    columns = tuple(header[: max(number for number, column in enumerate(header, 1) if column)])
    for number, column in enumerate(columns):
        if column in columns[:number]:
            raise InputError(f"{name}: column {column!r:.60} is there twice: rename one of them")
    return columns


def _cells(columns: tuple[str, ...], row: list[str], place: str) -> dict[str, str]:
    if any(row[len(columns) :]):
        raise InputError(f"{place}: {len(row)} columns instead of {len(columns)}")
    return {
        column: row[number] if number < len(row) else "" for number, column in enumerate(columns)
    }
