"""Which column of a published table is the latency, in which unit, and its numbers."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from search_spaces import InputError
from search_spaces.nearest import did_you_mean
from search_spaces.numbers import LONGEST_MS
from search_spaces.sheet import NUMBER

from .base import PublishedEntry
from .parsing import Row, Rows

UNITS = {
    **dict.fromkeys(("ns", "nanoseconds"), 1e-6),
    **dict.fromkeys(("us", "µs", "μs", "usec", "microseconds"), 1e-3),
    **dict.fromkeys(("ms", "msec", "milliseconds"), 1.0),
    **dict.fromkeys(("s", "sec", "secs", "seconds"), 1e3),
}
"""Milliseconds of a unit."""
UNSAID = "ms"
"""The unit of a column that says none: published tables are in milliseconds."""
MEAN = "mean"
COUNTS = ("count", "samples", "n")
VARIANCES = ("var", "variance")
DEVIATIONS = ("std", "sd", "stdev", "standard_deviation")
NO_LATENCIES = (*COUNTS, *VARIANCES, *DEVIATIONS, "big", "small", "", "index", "id")
"""Columns that are never taken for latencies unasked."""
LEAST_MILLISECONDS = 1e-9
"""A thousandth of a nanosecond: less than any clock tells apart."""

_BRACKETS = re.compile(r"(.*\S)\s*[(\[]\s*([^()\[\]]*?)\s*[)\]]", re.DOTALL)
_SUFFIX = re.compile(r"(.*[^\s_/])[\s_/]+([^\W\d_]{2,12})", re.DOTALL)
_LATENCY = re.compile(r"latency|time|delay|duration|runtime|milliseconds|^ms$", re.IGNORECASE)


@dataclass(frozen=True)
class LatencyColumn:
    """The column that is taken for the latency, and how many milliseconds its unit has."""

    name: str
    unit: str
    said: bool

    @property
    def milliseconds(self) -> float:
        """Milliseconds of one unit."""
        return UNITS[self.unit]

    def __str__(self) -> str:
        return f"{self.name} in {self.unit}{'' if self.said else ' (no unit is said)'}"


def read_entries(
    rows: Rows, column: str | None = None
) -> tuple[LatencyColumn, list[PublishedEntry]]:
    """Return the column of latencies and an entry for each row; spread and count if they are there.

    Raises:
        InputError: no column, or one of several, could be the latency; a value is no number, not
            finite, not above 0 or more than a day; a key is there twice.
    """
    chosen, alone = _choose(rows, column)
    entries: dict[str, PublishedEntry] = {}
    for row in rows.rows:
        if row.key in entries:
            raise InputError(f"{row.place}: {row.key!r:.200} is there twice")
        entries[row.key] = _entry(row, chosen, alone)
    return chosen, list(entries.values())


def _choose(rows: Rows, column: str | None) -> tuple[LatencyColumn, bool]:
    """Return the latency's column, and whether spread and count belong to it."""
    names = rows.columns
    plain = {name: _without_unit(name)[0].casefold() for name in names}
    numeric = [name for name in names if _mostly_numbers(rows, name)]
    candidates = [name for name in numeric if plain[name] not in NO_LATENCIES]
    if column is not None:
        if column in names:
            return _with_unit(column, rows.source), len(candidates) < 2 or plain[column] == MEAN
        raise InputError(
            f"{rows.source} has no column {column!r:.60}{did_you_mean(column, names)}: "
            f"choose one of {', '.join(numeric) or 'none'}"
        )
    means = [name for name in names if plain[name] == MEAN]
    if len(means) == 1:
        return _with_unit(means[0], rows.source), True
    called = [name for name in candidates if _LATENCY.search(name)]
    called = called or [name for name in names if _LATENCY.search(name) and not candidates]
    if len(called) == 1:
        return _with_unit(called[0], rows.source), len(candidates) < 2
    if len(candidates) == 1:
        return _with_unit(candidates[0], rows.source), True
    if candidates:
        raise InputError(
            f"{rows.source} has several columns of numbers: name the latency's with `column`: "
            f"{', '.join(candidates)}"
        )
    raise InputError(
        f"{rows.rows[0].place} has columns like {', '.join(names[:6]) or 'none'} but no `mean` or "
        "other number of milliseconds, which every format needs"
    )


def _mostly_numbers(rows: Rows, name: str) -> bool:
    values = [row.values[name] for row in rows.rows if name in row.values]
    return 2 * sum(_number(value) is not None for value in values) > len(values)


def _without_unit(name: str) -> tuple[str, str | None]:
    """Return a column's name and the unit it says, which need not be one of time."""
    if match := _BRACKETS.fullmatch(name):
        return match[1], match[2].lower()
    match = _SUFFIX.fullmatch(name)
    if match and match[2].lower() in UNITS:
        return match[1], match[2].lower()
    if name.lower() in UNITS:
        return name, name.lower()
    if _LATENCY.search(name) and (short := re.fullmatch(r"(.*[^\s_/])[\s_/]+s", name, re.DOTALL)):
        return short[1], "s"  # of another name, such as cpu_s, it is part of the name
    return name, None


def _with_unit(name: str, source: str) -> LatencyColumn:
    _, unit = _without_unit(name)
    if unit is None:
        return LatencyColumn(name, UNSAID, False)
    if unit not in UNITS:
        raise InputError(
            f"{source}: column {name!r:.60} is in {unit!r:.20}, which is no time: name another "
            "with `column`"
        )
    return LatencyColumn(name, unit, True)


def _entry(row: Row, chosen: LatencyColumn, alone: bool) -> PublishedEntry:
    if chosen.name not in row.values:
        raise InputError(f"{row.place} has no `{chosen.name}`")
    scale = chosen.milliseconds
    value = _within(
        row, chosen.name, LONGEST_MS / scale, "latency (a number above 0, at most a day)"
    )
    if not value * scale >= LEAST_MILLISECONDS:
        raise InputError(
            f"{row.place}, {chosen.name}: {value:g} is not a latency: nothing takes no time; leave "
            "the row out, or measure it by a finer clock"
        )
    deviation = 0.0
    if alone and (name := _named(row.values, DEVIATIONS)):
        deviation = _within(row, name, LONGEST_MS / scale, "measure of spread (0 or more)")
    elif alone and (name := _named(row.values, VARIANCES)):
        limit = (LONGEST_MS / scale) ** 2
        deviation = math.sqrt(_within(row, name, limit, "measure of spread (0 or more)"))
    samples = _count(row, name) if alone and (name := _named(row.values, COUNTS)) else 1
    return PublishedEntry(row.key, value * scale, deviation * scale, samples)


def _named(values: Mapping[str, object], names: tuple[str, ...]) -> str | None:
    return next((name for name in values if _without_unit(name)[0].casefold() in names), None)


def _within(row: Row, name: str, limit: float, expected: str) -> float:
    number = _number(row.values[name])
    if number is None or not 0 <= number <= limit:
        raise InputError(f"{row.place}, {name}: {_shown(row.values[name])} is not a {expected}")
    return number


def _count(row: Row, name: str) -> int:
    number = _number(row.values[name])
    if number is None or not 1 <= number < 2**53 or not number.is_integer():
        raise InputError(
            f"{row.place}, {name}: {_shown(row.values[name])} is not a count of measurements "
            "(1 or more)"
        )
    return int(number)


def _number(value: object) -> float | None:
    """Return a number, or a text that is one, as a number; None if it is neither."""
    if isinstance(value, str) and NUMBER.fullmatch(value):
        return float(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if abs(value) < 1e300 else None
    return None


def _shown(value: object) -> str:
    return repr(value)[:40]
