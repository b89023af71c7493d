"""Latency tables of strangers: wrong values in any cell, other schemas, other bytes."""

import math
import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from benchmarks.hostile.mutation import NASTY_VALUES, mutated_bytes
from benchmarks.hostile.trial import WronglyAcceptedError, proxyless
from latency import Table, load_predictor
from search_spaces import InputError, load_space

TABLES = ("calibrated", "fitted", "imported", "plain", "int8")
STATEMENTS = (
    "DELETE FROM devices", "DELETE FROM profiles", "DELETE FROM programs", "DELETE FROM visits",
    "DROP VIEW entries", "DROP TABLE corrections", "ALTER TABLE visits ADD COLUMN more TEXT",
    "UPDATE profiles SET device = 'x'", "UPDATE visits SET minimum_ms = -minimum_ms",
    "UPDATE visits SET minimum_ms = median_ms * 2", "UPDATE estimates SET milliseconds = -1",
    "UPDATE corrections SET milliseconds = -1e9", "UPDATE calibrations SET fit_variance = -1",
    "UPDATE corrections SET milliseconds = milliseconds - 0.1",
    "UPDATE programs SET operations = '[' || operations", "UPDATE programs SET kind = 'network'",
    "UPDATE programs SET operations = replace(operations, '\"stride\": 1', '\"stride\": 0')",
    "CREATE TRIGGER t AFTER INSERT ON visits BEGIN DELETE FROM visits; END",
    "PRAGMA user_version = 99", "PRAGMA application_id = 0",
    "DROP VIEW entries; CREATE VIEW entries AS SELECT 1 AS profile, 'x' AS program, 1 AS samples",
)  # fmt: skip


def honest(folder: Path, kept: Path) -> None:
    """Make a good table."""
    _copy_table(folder, kept, "calibrated")


def wrong_cell(folder: Path, kept: Path, generator: random.Random) -> str:
    """Make a table with a wrong value in a column, in one row or in all."""
    name = _copy(folder, kept, generator)
    with closing(sqlite3.connect(folder / "stranger.db")) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("PRAGMA ignore_check_constraints = ON")
        tables = ("devices", "profiles", "programs", "visits", "estimates", "calibrations",
                  "corrections")  # fmt: skip
        filled = [
            table for table in tables if connection.execute(f"SELECT 1 FROM {table}").fetchone()
        ]
        table = generator.choice(filled)
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        column, value = generator.choice(columns), generator.choice(NASTY_VALUES)
        if isinstance(value, list | dict):
            value = generator.randbytes(8)
        if isinstance(value, int):
            value = max(min(value, 2**63 - 1), -(2**63))
        if isinstance(value, str):
            value = value.replace("\ud800", "?")
        where = generator.choice(("", "LIMIT 1"))
        keys = f"SELECT rowid FROM {table} {where}"
        try:
            if "WITHOUT ROWID" in _sql_of(connection, table):
                keys = f"SELECT program FROM {table} {where}"
                statement = f"UPDATE {table} SET {column} = ? WHERE program IN ({keys})"
            else:
                statement = f"UPDATE {table} SET {column} = ? WHERE rowid IN ({keys})"
            connection.execute(statement, [value])
        except sqlite3.Error:
            connection.execute("UPDATE visits SET median_ms = 'abc'")
        connection.commit()
    return f"{name}: {table}.{column} = {value!r:.40} {where}"


def other_content(folder: Path, kept: Path, generator: random.Random) -> str:
    """Make a table of which rows, columns, views or triggers are others."""
    name = _copy(folder, kept, generator)
    statement = generator.choice(STATEMENTS)
    with closing(sqlite3.connect(folder / "stranger.db")) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        try:
            connection.executescript(statement)
        except sqlite3.Error:
            connection.execute("DELETE FROM programs")
        connection.commit()
    return f"{name}: {statement}"


def other_bytes(folder: Path, kept: Path, generator: random.Random) -> str:
    """Make a table with other bytes."""
    name = _copy(folder, kept, generator)
    path = folder / "stranger.db"
    content, change = mutated_bytes(path.read_bytes(), generator)
    path.write_bytes(content)
    return f"{name}: {change}"


def use() -> None:
    """List, show and predict from the stranger's table, and merge it into a good one.

    What is predicted is finite and above 0; the good table stays usable whatever is merged.
    """
    refusals = []
    for work in (_predict, _list, _show, _merge):
        try:
            work()
        except (InputError, SystemExit) as error:
            if isinstance(error, SystemExit) and error.code != 2:
                raise
            refusals.append(error)
    if refusals:
        raise refusals[0]


def _predict() -> None:
    _check(Path("stranger.db"))


def _list() -> None:
    proxyless("tables", "list", "stranger.db")


def _show() -> None:
    proxyless("tables", "show", "stranger.db")


def _merge() -> None:
    before = _content(Path("good.db"))
    try:
        proxyless("tables", "merge", "good.db", "stranger.db")
    except SystemExit:
        if _content(Path("good.db")) != before:
            raise WronglyAcceptedError("a refused merge changed the good table") from None
        raise
    finally:
        _check(Path("good.db"), device="54dbd9641a39", dtype="float32")


def _content(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def _check(path: Path, **chosen: str) -> None:
    """Predict a space's bounds, which are finite and above 0."""
    with Table.open(path) as table:
        profiles = len(table.profiles())
    if not chosen and profiles > 1:
        chosen = {"dtype": "float32"}
    low, high = load_predictor(path, **chosen).bounds(load_space("space.toml"))  # type: ignore[arg-type]
    if not 0 < low <= high < 1e6 or not math.isfinite(high):
        raise WronglyAcceptedError(f"networks of {path} take {low} to {high} ms")


def _copy(folder: Path, kept: Path, generator: random.Random) -> str:
    name = generator.choice(TABLES)
    _copy_table(folder, kept, name)
    return name


def _copy_table(folder: Path, kept: Path, name: str) -> None:
    shutil.copy(kept / "tables" / f"{name}.db", folder / "stranger.db")
    shutil.copy(kept / "tables" / "plain.db", folder / "good.db")
    shutil.copy(kept / "space.toml", folder / "space.toml")


def _sql_of(connection: sqlite3.Connection, table: str) -> str:
    (sql,) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = ?", [table]).fetchone()
    return str(sql)
