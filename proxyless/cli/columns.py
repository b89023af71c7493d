"""Tables as lines of text: which columns, how wide, and what is folded.

Headers and numbers are never broken: text gives way, and where that is not enough a row becomes a
list of its own.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Generic, TypeVar

from .terminal_text import cell_len, fold, pad, printable

Row = TypeVar("Row")
GAP = 2
"""Spaces between columns."""
NARROWEST = 12
"""Cells that a column of text keeps, if it has so many."""
ABSENT = "-"


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column: its header (with the unit), and what a row has there.

    ``numeric`` columns are aligned at the right and never folded; their floats get the same number
    of decimals, as many as the values need unless ``decimals`` says it. ``wide`` columns are shown
    with ``--wide`` only. ``whole`` text, as names to type again, is folded only where all other
    text is as narrow as it can be. A column where every row has None is left out.
    """

    header: str
    value: Callable[[Row], object]
    numeric: bool = False
    wide: bool = False
    whole: bool = False
    decimals: int | None = None


@dataclass(frozen=True)
class _Filled:
    """A column with its cells written."""

    header: str
    cells: list[str]
    numeric: bool
    whole: bool

    @property
    def natural(self) -> int:
        """Cells that it would like to have."""
        return max(map(cell_len, (self.header, *self.cells)))

    @property
    def least(self) -> int:
        """Cells that it must have."""
        if self.numeric:
            return self.natural
        return max(cell_len(self.header), min(self.natural, NARROWEST))


def table_lines(
    columns: Sequence[Column[Row]], rows: Sequence[Row], width: int | None, wide: bool = False
) -> list[str]:
    """Return the header, a rule and the rows, at most ``width`` cells wide.

    Without a width, or ``wide``, lines are as long as their content.
    """
    filled = _fill(columns, rows, wide)
    gaps = GAP * (len(filled) - 1)
    widths = [column.natural for column in filled]
    if width is not None and not wide:
        if sum(column.least for column in filled) + gaps > width:
            return _records(filled, width)
        widths = _shrunk(filled, width - gaps)
    body = [line for number in range(len(rows)) for line in _row_lines(filled, widths, number)]
    header = _join([column.header for column in filled], filled, widths)
    return [header, "─" * max(map(cell_len, (header, *body))), *body]


def pair_lines(pairs: Iterable[tuple[str, str]], width: int | None) -> list[str]:
    """Return names and what belongs to them, side by side, at most ``width`` cells wide."""
    pairs = list(pairs)
    left = max((cell_len(name) for name, _ in pairs), default=0)
    if width is not None:
        left = min(left, width // 2)
    right = None if width is None else max(width - left - GAP, 1)
    return [
        (pad(name, left + GAP) + value).rstrip()
        for pair in pairs
        for name, value in zip_longest(fold(pair[0], left), fold(pair[1], right), fillvalue="")
    ]


def _fill(columns: Sequence[Column[Row]], rows: Sequence[Row], wide: bool) -> list[_Filled]:
    filled = []
    for column in columns:
        values = [column.value(row) for row in rows]
        if (wide or not column.wide) and any(value is not None for value in values):
            cells = _written(values, column.decimals)
            filled.append(_Filled(column.header, cells, column.numeric, column.whole))
    return filled


def _written(values: Sequence[object], decimals: int | None) -> list[str]:
    if decimals is None:
        decimals = _decimals([value for value in values if isinstance(value, float)])
    return [_cell(value, decimals) for value in values]


def _cell(value: object, decimals: int) -> str:
    if value is None:
        return ABSENT
    if isinstance(value, float):
        return f"{value:,.{decimals}f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return printable(value)


def _decimals(values: Sequence[float]) -> int:
    """Return how many decimals a column needs.

    Four digits of the smallest if the largest has at most six then, but at least two of the
    smallest, whatever the largest has: nothing is rounded to zero.
    """
    sizes = [math.floor(math.log10(abs(v))) for v in values if v and math.isfinite(v)]
    if not sizes:
        return 0
    return max(0, min(5, 3 - min(sizes), 5 - max(sizes)), min(9, 1 - min(sizes)))


def _shrunk(columns: Sequence[_Filled], available: int) -> list[int]:
    """Return widths that fit: the widest columns of text give way first, whole text last."""
    widths = [column.natural for column in columns]
    while sum(widths) > available:
        yielding = [n for n, column in enumerate(columns) if widths[n] > column.least]
        widths[max(yielding, key=lambda n: (not columns[n].whole, widths[n]))] -= 1
    return [
        max(cell_len(line) for cell in (column.header, *column.cells) for line in fold(cell, width))
        for column, width in zip(columns, widths, strict=True)
    ]


def _row_lines(columns: Sequence[_Filled], widths: Sequence[int], number: int) -> list[str]:
    cells = [
        fold(column.cells[number], width) for column, width in zip(columns, widths, strict=True)
    ]
    return [_join(parts, columns, widths) for parts in zip_longest(*cells, fillvalue="")]


def _join(parts: Sequence[str], columns: Sequence[_Filled], widths: Sequence[int]) -> str:
    padded = [
        pad(part, width, column.numeric)
        for part, column, width in zip(parts, columns, widths, strict=True)
    ]
    return (" " * GAP).join(padded).rstrip()


def _records(columns: Sequence[_Filled], width: int) -> list[str]:
    """Return every row as a list of names and values, with an empty line between two."""
    lines: list[str] = []
    for number in range(len(columns[0].cells)):
        pairs = [(column.header, column.cells[number]) for column in columns]
        lines += [*([""] if lines else []), *pair_lines(pairs, width)]
    return lines
