"""Mending a table: implausible rows are found, and removed after the table was copied."""

import sqlite3
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from search_spaces.errors import InputError

from ..estimation.calibration import calibrate
from ..tables.columns import CONDITIONS, add_functions
from ..tables.database_errors import UnreadableTableError, told
from ..tables.faults import Fault, existing_tables, find_faults, fulfilled
from ..tables.file import check_file, open_file
from ..tables.rebuilding import copied_beside, rebuilt
from ..tables.table import Table, read_program

WHOLE = "the table"
"""Whom rows of no profile are counted for."""


@dataclass(frozen=True)
class Repaired:
    """What a repair did.

    ``copy`` is the table as it was; None if nothing was wrong. ``rebuilt`` is whether it was
    damaged or held what is none of ours, so that what could be read went into a new file.
    ``removed`` counts rows by profile, then by reason. ``calibrated`` are the profiles that were
    calibrated again without them, ``uncalibrated`` those that lost their calibration.
    """

    copy: Path | None
    rebuilt: bool
    removed: dict[str, dict[str, int]]
    calibrated: tuple[str, ...]
    uncalibrated: tuple[str, ...]


def table_faults(path: Path) -> list[Fault]:
    """Return the implausible rows of a table.

    Raises:
        InputError: the file is missing, damaged, no latency table, or of another version.
    """
    with closing(open_file(path, "read")) as connection, told(path):
        add_functions(connection)
        faults = [
            fault
            for table in CONDITIONS
            if table in existing_tables(connection)
            for fault in find_faults(connection, table)
        ]
        return faults or _wrong_programs(connection, path)


def repair_table(path: Path) -> Repaired:
    """Remove the implausible rows of a table, after copying it beside itself.

    Of a damaged file, and of one that is not made as ours are, a new one is made of the rows that
    can be read. Calibrations that removed rows had a part in are made again, or removed.

    Raises:
        InputError: the file is missing, is no SQLite file, has another version, cannot be read at
            all, or its copy cannot be written.
    """
    check_file(path, "shrink")
    try:
        connection = open_file(path, "shrink")
    except UnreadableTableError:
        return _rebuild(path)
    with closing(connection), told(path):
        return _mend(Table(path, connection), path)


def _mend(table: Table, path: Path, before: Path | None = None) -> Repaired:
    """Remove implausible rows from an open table; ``before`` is its copy if it is rebuilt."""
    connection = table.connection
    add_functions(connection)
    with table.transaction():
        names = _profile_names(connection)
        removed, spoilt = _remove_faults(connection, path)
        copy = copied_beside(path, intact=True) if removed and before is None else before
        had = {row[0] for row in connection.execute("SELECT profile FROM calibrations")} & spoilt
        for profile in had:
            table.remove_calibration(profile)
        mended = {
            info.id
            for info in table.profiles()
            if info.id in spoilt and info.method == "measured" and calibrate(table, info)
        }
    table.compact()
    counts: dict[str, dict[str, int]] = {}
    for (profile, reason), count in removed.items():
        counts.setdefault(_name(names, profile), {})[reason] = count
    return Repaired(
        copy,
        before is not None,
        counts,
        tuple(_name(names, profile) for profile in sorted(mended)),
        tuple(_name(names, profile) for profile in sorted(had - mended)),
    )


def _rebuild(path: Path) -> Repaired:
    with (
        rebuilt(path) as (new, before),
        closing(open_file(new, "shrink")) as connection,
        told(path),
    ):
        return _mend(Table(path, connection), path, before)


def _remove_faults(
    connection: sqlite3.Connection, path: Path
) -> tuple[Counter[tuple[int | None, str]], set[int]]:
    """Remove implausible rows, those on which others depend first.

    Returns their number by profile and reason, and the profiles that lost some.
    """
    removed: Counter[tuple[int | None, str]] = Counter()
    spoilt: set[int] = set()
    for table in CONDITIONS:
        if table not in existing_tables(connection):
            continue
        faults = find_faults(connection, table)
        connection.execute(f"DELETE FROM {table} WHERE NOT ({fulfilled(table)})")
        if table == "programs":
            wrong = _wrong_programs(connection, path)
            for fault in wrong:
                connection.execute(f"DELETE FROM programs WHERE key = {fault.key['key']}")
            faults += wrong
        for fault in faults:
            removed[fault.profile, fault.reason] += 1
            if fault.profile is not None:
                spoilt.add(fault.profile)
    return removed, spoilt


def _wrong_programs(connection: sqlite3.Connection, path: Path) -> list[Fault]:
    """Return programs with operations that cannot be read, or that their key does not say.

    The columns must be plausible.
    """
    faults = []
    usual = connection.text_factory
    connection.text_factory = lambda content: content.decode(errors="surrogateescape")
    try:
        query = "SELECT key, quote(key), kind, operations FROM programs"
        for key, quoted, kind, operations in connection.execute(query):
            try:
                read_program(kind, {"key": key, "operations": operations}, path)
            except InputError:
                shown = f"{operations!a:.60}"
                words = "readable operations, and those that the key says"
                faults.append(Fault("programs", {"key": quoted}, None, "operations", shown, words))
    finally:
        connection.text_factory = usual
    return faults


def _profile_names(connection: sqlite3.Connection) -> dict[int, str]:
    """Return profiles by number, as people read them; also of a table with implausible rows."""
    query = (
        "SELECT id, quote(runtime), quote(version), quote(name), quote(threads), quote(batch), "
        "quote(dtype) FROM profiles LEFT JOIN devices ON fingerprint = device"
    )
    usual = connection.text_factory
    connection.text_factory = lambda content: content.decode(errors="replace")[:100].strip("'")
    try:
        return {
            number: f"{runtime} {version} on {name}, threads {threads}, batch {batch}, {dtype}"
            for number, runtime, version, name, threads, batch, dtype in connection.execute(query)
        }
    finally:
        connection.text_factory = usual


def _name(names: Mapping[int, str], profile: int | None) -> str:
    return WHOLE if profile is None else names.get(profile, f"unknown profile {profile}")
