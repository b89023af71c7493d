"""Implausible rows of a table: the first, for a refusal; all, for whoever mends it."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from search_spaces.errors import InputError
from search_spaces.plain_text import quoted

from .columns import CONDITIONS, KEYS

LONGEST_SHOWN = 60
"""Characters of a wrong value that a sentence repeats."""


@dataclass(frozen=True)
class Fault:
    """A row that cannot be right.

    ``table`` is that of the schema, ``key`` the values that identify the row in it, ``value`` what
    its ``column`` holds, all as SQL and cut where they are long; ``expected`` says what belongs
    there. ``profile`` is the number of the row's profile, None where it has none.
    """

    table: str
    key: dict[str, str]
    profile: int | None
    column: str
    value: str
    expected: str

    @property
    def reason(self) -> str:
        """What is wrong with such rows."""
        return f"{self.table}: {self.column} is not {self.expected}"

    def __str__(self) -> str:
        row = ", ".join(f"{column} {value}" for column, value in self.key.items())
        return f"{self.table} ({row}): {self.column} {self.value} is not {self.expected}"


def find_faults(connection: sqlite3.Connection, table: str, limit: int = -1) -> list[Fault]:
    """Return the implausible rows of a table of the schema, at most ``limit`` unless that is -1."""
    conditions, keys = CONDITIONS[table], KEYS[table]
    cases = " ".join(
        f"WHEN ({condition.sql}) IS NOT TRUE THEN {number}"
        for number, condition in enumerate(conditions)
    )
    values = ", ".join(
        f"quote(CASE typeof({column}) WHEN 'text' THEN substr({column}, 1, {LONGEST_SHOWN}) "
        f"WHEN 'blob' THEN substr({column}, 1, {LONGEST_SHOWN // 3}) ELSE {column} END)"
        for column in (*keys, *(condition.column for condition in conditions))
    )
    profile = {"profiles": "id"}.get(table, "profile" if "profile" in keys else "NULL")
    query = (
        f"SELECT CASE {cases} END, {profile}, {values} FROM {table} "
        f"WHERE NOT ({fulfilled(table)}) LIMIT {limit}"
    )
    return list(_faults(connection, table, query))


def first_fault(connection: sqlite3.Connection) -> Fault | None:
    """Return an implausible row of a table, if there is one."""
    existing = existing_tables(connection)
    for table in CONDITIONS:
        if table in existing and (faults := find_faults(connection, table, 1)):
            return faults[0]
    return None


def check_rows(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a table with an implausible row.

    Raises:
        InputError: there is one; the sentence names it.
    """
    if (fault := first_fault(connection)) is not None:
        raise InputError(
            f"table {path} holds an implausible row: {fault}: remove it and others like it with "
            f"`proxyless tables repair {quoted(path)}`"
        )


def fulfilled(table: str) -> str:
    """Return the condition, in SQL, that a row of a table is plausible: 1 or 0, never NULL."""
    return " AND ".join(f"({condition.sql}) IS TRUE" for condition in CONDITIONS[table])


def existing_tables(connection: sqlite3.Connection) -> set[str]:
    """Return the names of what a file holds: those of earlier releases lack some tables."""
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}


def _faults(connection: sqlite3.Connection, table: str, query: str) -> Iterator[Fault]:
    conditions, keys = CONDITIONS[table], KEYS[table]
    usual = connection.text_factory
    connection.text_factory = lambda content: content.decode(errors="replace")
    try:
        for number, profile, *values in connection.execute(query):
            key = dict(zip(keys, values, strict=False))
            condition, value = conditions[number], values[len(keys) + number]
            of = profile if isinstance(profile, int) else None
            yield Fault(table, key, of, condition.column, _short(value), condition.words)
    finally:
        connection.text_factory = usual


def _short(value: str) -> str:
    return value if len(value) <= LONGEST_SHOWN else f"{value[:LONGEST_SHOWN]}…"
