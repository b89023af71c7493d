"""What every column of a latency table may hold: the model that all its rows are held against.

SQLite stores any type in any column, so the conditions are SQL, which holds ten thousand
measurements against them in a few milliseconds. Functions of Python judge what SQL cannot, in the
tables of few rows.
"""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from search_spaces.errors import InputError
from search_spaces.numbers import LONGEST_MS
from search_spaces.outside import parse_json
from search_spaces.schema import parse

from ..statistics.prediction_errors import ErrorStatistics
from ..timing.device import Device
from ..timing.settings import DTYPES, LARGEST_BATCH, MOST_THREADS
from .records import NOISE

SMALLEST = 1e-100
"""Of numbers that are not 0: what is divided by them stays finite, and rounding leaves more."""
LARGEST_COUNT = 10**9
"""Of calls, rounds, processes: beyond what anybody measures."""
LONGEST_NAME = 1000
"""Characters of a name, a version or a key."""
LONGEST_JSON = 16 * 2**20
"""Bytes of a program's operations: a network of 50,000."""
MOST_DEGREES = 1e6
"""Degrees of freedom: networks that were measured."""


@dataclass(frozen=True)
class Condition:
    """What a column, or several of a row, must fulfil: in SQL, and in words."""

    column: str
    sql: str
    words: str


def _whole(column: str, low: int = 0, high: int = LARGEST_COUNT) -> Condition:
    return Condition(
        column,
        f"typeof({column}) = 'integer' AND {column} BETWEEN {low} AND {high}",
        f"a whole number from {low} to {high}",
    )


def _number(column: str, low: float = 0, high: float = LONGEST_MS) -> Condition:
    return Condition(
        column,
        f"typeof({column}) = 'real' AND {column} BETWEEN {low!r} AND {high!r} "
        f"AND ({column} = 0 OR abs({column}) >= {SMALLEST!r})",
        f"a number from {low:g} to {high:g}",
    )


def _name(column: str) -> Condition:
    return Condition(
        column,
        f"typeof({column}) = 'text' AND is_name(CAST({column} AS BLOB))",
        f"a text of at most {LONGEST_NAME} characters",
    )


def _time(column: str) -> Condition:
    date = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
    return Condition(
        column,
        f"typeof({column}) = 'text' AND length({column}) <= 40 AND {column} GLOB '{date}*' "
        f"AND datetime({column}) IS NOT NULL",
        "a time, as 2026-01-31T12:00:00+00:00",
    )


def _one_of(column: str, *words: str) -> Condition:
    listed = ", ".join(f"'{word}'" for word in words)
    return Condition(column, f"{column} IN ({listed})", " or ".join(words))


def _judged(column: str, function: str, words: str) -> Condition:
    return Condition(
        column,
        f"typeof({column}) = 'text' AND {function}(CAST({column} AS BLOB))",
        words,
    )


def _optional(condition: Condition) -> Condition:
    column = condition.column
    return Condition(column, f"{column} IS NULL OR ({condition.sql})", condition.words)


def _known(column: str, table: str, key: str, words: str) -> Condition:
    return Condition(
        column, f"EXISTS (SELECT 1 FROM {table} AS known WHERE known.{key} = {column})", words
    )


PROFILE = _known("profile", "profiles", "id", "a profile of the table")
PROGRAM = _known("program", "programs", "key", "a program of the table")

CONDITIONS: dict[str, tuple[Condition, ...]] = {
    "devices": (
        _name("fingerprint"),
        _name("name"),
        _whole("cores"),
        _name("machine"),
        _name("system"),
        _whole("memory_bytes", 0, 2**63 - 1),
        Condition(
            "fingerprint",
            "is_fingerprint(fingerprint, name, cores, machine, system)",
            "the fingerprint of that device",
        ),
    ),
    "profiles": (
        _whole("id", 1, 2**63 - 1),
        _known("device", "devices", "fingerprint", "a device of the table"),
        _name("runtime"),
        _name("version"),
        _whole("threads", 1, MOST_THREADS),
        _whole("batch", 1, LARGEST_BATCH),
        _one_of("dtype", *DTYPES),
        _one_of("method", "measured", "imported", "fitted"),
        _judged("libraries", "is_libraries", "an object of names and versions in JSON"),
        _time("created_at"),
    ),
    "programs": (
        _name("key"),
        _one_of("kind", "overhead", "operation", "network", "foreign"),
        Condition(
            "operations",
            f"typeof(operations) = 'text' AND length(CAST(operations AS BLOB)) <= {LONGEST_JSON}",
            f"text of at most {LONGEST_JSON // 2**20} MiB",
        ),
    ),
    "visits": (
        PROFILE,
        PROGRAM,
        _whole("process"),
        _whole("round"),
        _number("minimum_ms"),
        _number("median_ms"),
        _number("cpu_ms"),
        _whole("calls", 1),
        _whole("switches"),
        _time("measured_at"),
        Condition("median_ms", "median_ms >= minimum_ms", "at least minimum_ms"),
    ),
    "estimates": (
        PROFILE,
        PROGRAM,
        _number("milliseconds", -LONGEST_MS),
        _number("spread_ms"),
        _whole("samples"),
        _time("made_at"),
        Condition(
            "milliseconds",
            f"milliseconds + {NOISE} * spread_ms >= 0 OR program = 'overhead'",
            "a time: it is below 0, and not by its spread",
        ),
    ),
    "calibrations": (
        PROFILE,
        _whole("networks", 1),
        _number("overhead_ms", -LONGEST_MS),
        _number("fit_variance"),
        _number("fit_degrees", 1, MOST_DEGREES),
        _number("session_variance"),
        _number("session_degrees", 1, MOST_DEGREES),
        _optional(_judged("raw_statistics", "is_statistics", "statistics of errors in JSON")),
        _judged("held_out_statistics", "is_statistics", "statistics of errors in JSON"),
        _optional(_number("noise_floor")),
        _time("made_at"),
    ),
    "corrections": (
        _known("profile", "calibrations", "profile", "a calibrated profile of the table"),
        PROGRAM,
        _number("milliseconds", -LONGEST_MS),
        _number("standard_deviation"),
        Condition(
            "milliseconds",
            f"milliseconds + {NOISE} * standard_deviation + (SELECT overhead_ms FROM calibrations "
            "AS fitted WHERE fitted.profile = corrections.profile) > 0",
            "a time: with the call overhead it is below 0",
        ),
    ),
    "unfinished": (PROFILE,),
}
"""The conditions of every table, those after which others depend on it first."""

KEYS = {
    "devices": ("fingerprint",),
    "profiles": ("id",),
    "programs": ("key",),
    "visits": ("profile", "program", "process", "round"),
    "estimates": ("profile", "program"),
    "calibrations": ("profile",),
    "corrections": ("profile", "program"),
    "unfinished": ("profile",),
}
"""The columns that identify a row."""


def add_functions(connection: sqlite3.Connection) -> None:
    """Give a connection the functions that the conditions call; each answers 1 or 0."""
    for name, (arguments, function) in _FUNCTIONS.items():
        connection.create_function(name, arguments, function, deterministic=True)


def read_statistics(text: str, subject: str) -> ErrorStatistics:
    """Read statistics of errors from JSON.

    Raises:
        InputError: they are none.
    """
    return parse(ErrorStatistics, parse_json(text, subject), subject)


def read_libraries(text: str, subject: str) -> dict[str, str]:
    """Read versions by name from JSON.

    Raises:
        InputError: they are none.
    """
    data = parse_json(text, subject)
    if not (isinstance(data, Mapping) and all(isinstance(value, str) for value in data.values())):
        raise InputError(f"{subject} is no object of names and versions")
    return dict(data)


def _is_name(content: bytes) -> bool:
    try:
        return len(content.decode()) <= LONGEST_NAME
    except UnicodeDecodeError:
        return False


def _is_fingerprint(fingerprint: str, name: str, cores: int, machine: str, system: str) -> bool:
    return fingerprint == Device(name, cores, machine, system, 0).fingerprint


def _reads(read: Callable[[str, str], object]) -> Callable[[bytes], bool]:
    def judge(content: bytes) -> bool:
        try:
            read(content.decode(), "")
        except (InputError, UnicodeDecodeError):
            return False
        return True

    return judge


_FUNCTIONS: dict[str, tuple[int, Callable[..., bool]]] = {
    "is_name": (1, _is_name),
    "is_fingerprint": (5, _is_fingerprint),
    "is_libraries": (1, _reads(read_libraries)),
    "is_statistics": (1, _reads(read_statistics)),
}
