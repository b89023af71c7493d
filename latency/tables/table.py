"""A latency table: one SQLite file of devices, profiles and their measurements.

Every measurement is committed separately, so a killed `profile` loses at most the current one.
Readers and one writer work at the same time (WAL). A table is opened only if all its rows are
plausible (:mod:`latency.tables.columns`), so what is read from an open one may be taken as it is.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields
from functools import cached_property
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from search_spaces import InputError, Operation
from search_spaces.operations.registry import foreign_kinds
from search_spaces.outside import parse_json
from search_spaces.plain_text import quoted
from search_spaces.schema import dump, parse

from ..runtimes import Program
from ..statistics.variance import VarianceEstimate
from ..timing.device import Device
from ..timing.measurement import Measurement, now
from ..timing.settings import Settings
from .columns import add_functions, read_libraries, read_statistics
from .database_errors import told, unusable
from .faults import check_rows, existing_tables
from .file import Access, check_growth, compact, open_file, schema, size_of
from .program_keys import is_of
from .records import Calibration, Entry, Method, ProfileInfo

if TYPE_CHECKING:
    from sqlite_utils import Database

Row = dict[str, Any]
"""Values by column name, as SQLite stores them."""


class Table:
    """An open latency table."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.connection = connection

    @cached_property
    def database(self) -> "Database":
        """The table in sqlite-utils, for queries of one's own; its inserts end a transaction."""
        from sqlite_utils import Database  # imports pandas if installed: half a second

        return Database(self.connection)

    @classmethod
    def open(cls, path: Path, create: bool = False) -> Self:
        """Open a table, or create an empty one. One that may only be read can be opened, too.

        Raises:
            InputError: the file is missing, damaged, no latency table, of another version, or
                holds an implausible row.
        """
        return cls._open(Path(path), "create" if create else "write")

    @classmethod
    def read(cls, path: Path) -> Self:
        """Open a table to look into it: nothing is written. Errors as for :meth:`open`."""
        return cls._open(Path(path), "read")

    @classmethod
    def shrink(cls, path: Path) -> Self:
        """Open a table of any size to take out of it. Errors otherwise as for :meth:`open`."""
        return cls._open(Path(path), "shrink")

    @classmethod
    def _open(cls, path: Path, access: Access) -> Self:
        connection = open_file(path, access)
        try:
            add_functions(connection)
            with told(path):
                check_rows(connection, path)
        except BaseException:
            connection.close()
            raise
        return cls(path, connection)

    def close(self) -> None:
        """Merge the write-ahead log into the file and close it."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
        if isinstance(error, sqlite3.Error):
            raise unusable(self.path, error) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all or nothing of what the block writes; blocks may stand in each other.

        Raises:
            InputError: the table would become larger than those that are opened.
        """
        if self.connection.in_transaction:
            yield
            return
        with told(self.path):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                before = size_of(self.connection)
                yield
                check_growth(self.connection, self.path, before)
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:  # SQLite may have ended it, as on a full disk
                    self.connection.execute("ROLLBACK")
                raise

    def compact(self) -> None:
        """Make the file smaller by what was removed, where it is too large to be opened."""
        with told(self.path):
            compact(self.connection)

    def check(self) -> None:
        """Hold every row against what its columns may hold, as opening does.

        Raises:
            InputError: one is implausible; the sentence names it.
        """
        check_rows(self.connection, self.path)

    def rows(self, query: str, values: Mapping[str, object] | Sequence[object] = ()) -> list[Row]:
        """Return the rows of a query, each by column names."""
        with told(self.path):
            cursor = self.connection.execute(query, values)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def insert(self, table: str, row: Mapping[str, object], verb: str = "INSERT") -> int:
        """Insert a row by column names, also within a transaction; return its id.

        ``verb`` may be ``INSERT OR IGNORE`` or ``INSERT OR REPLACE``, which determine the treatment
        of a row with the same key.
        """
        columns, values = ", ".join(row), ", ".join(f":{column}" for column in row)
        statement = f"{verb} INTO {table} ({columns}) VALUES ({values})"
        with self.transaction(), told(self.path):
            return self.connection.execute(statement, row).lastrowid or 0

    def add_profile(
        self,
        device: Device,
        runtime: str,
        version: str,
        settings: Settings,
        libraries: dict[str, str],
        method: Method = "measured",
    ) -> ProfileInfo:
        """Return the profile with this address; it and its device are added if they are new."""
        described = {"fingerprint": device.fingerprint, **asdict(device)}
        self.insert("devices", described, "INSERT OR IGNORE")
        address = {
            "device": device.fingerprint,
            "runtime": runtime,
            "version": version,
            **asdict(settings),
            "method": method,
        }
        row = {**address, "libraries": json.dumps(libraries), "created_at": now()}
        self.insert("profiles", row, "INSERT OR IGNORE")
        where = " AND ".join(f"{column} = :{column}" for column in address)
        (stored,) = self.rows(f"SELECT id FROM profiles WHERE {where}", address)
        return ProfileInfo(stored["id"], device, runtime, version, settings, method)

    def add_program(self, key: str, kind: str, operations: Iterable[Operation]) -> None:
        """Add a program; an existing one is not changed."""
        text = json.dumps([dump(operation) for operation in operations])
        row = {"key": key, "kind": kind, "operations": text}
        self.insert("programs", row, "INSERT OR IGNORE")

    def add_measurement(self, profile: int, measurement: Measurement) -> None:
        """Commit one measurement."""
        row = {"profile": profile, **asdict(measurement)}
        self.insert("visits", row, "INSERT OR REPLACE")

    def add_estimate(
        self, profile: int, program: str, milliseconds: float, spread_ms: float, samples: int
    ) -> None:
        """Add an entry that was not measured but imported, or fitted to networks."""
        row = {
            "profile": profile,
            "program": program,
            "milliseconds": milliseconds,
            "spread_ms": spread_ms,
            "samples": samples,
            "made_at": now(),
        }
        self.insert("estimates", row, "INSERT OR REPLACE")

    def set_calibration(self, profile: int, calibration: Calibration) -> None:
        """Replace the calibration of a profile."""
        row = {
            "profile": profile,
            "networks": calibration.networks,
            "overhead_ms": calibration.overhead_ms,
            "fit_variance": calibration.fit_error.variance,
            "fit_degrees": calibration.fit_error.degrees,
            "session_variance": calibration.session_error.variance,
            "session_degrees": calibration.session_error.degrees,
            "raw_statistics": calibration.raw and json.dumps(asdict(calibration.raw)),
            "held_out_statistics": json.dumps(asdict(calibration.held_out)),
            "noise_floor": calibration.noise_floor,
            "made_at": now(),
        }
        with self.transaction():
            self.connection.execute("DELETE FROM corrections WHERE profile = ?", [profile])
            self.insert("calibrations", row, "INSERT OR REPLACE")
            for key, (ms, sd) in calibration.corrections.items():
                correction = {
                    "profile": profile,
                    "program": key,
                    "milliseconds": ms,
                    "standard_deviation": sd,
                }
                self.insert("corrections", correction)

    def set_unfinished(self, profile: int, unfinished: bool = True) -> None:
        """Mark a profile as begun and not ended, or as ended: predictions use ended ones only."""
        with self.transaction():
            exists = "unfinished" in existing_tables(self.connection)
            if unfinished and not exists:  # a file of an earlier release
                self.connection.execute(schema()["unfinished"])
            if unfinished:
                self.insert("unfinished", {"profile": profile}, "INSERT OR IGNORE")
            elif exists:
                self.connection.execute("DELETE FROM unfinished WHERE profile = ?", [profile])

    def unfinished(self) -> set[int]:
        """Return the numbers of profiles that were begun and not ended.

        Earlier releases did not mark them; those without a measurement are known all the same.
        """
        query = (
            "SELECT id FROM profiles WHERE method = 'measured' AND NOT EXISTS "
            "(SELECT 1 FROM visits WHERE profile = id)"
        )
        if "unfinished" in existing_tables(self.connection):
            query += " UNION SELECT profile FROM unfinished"
        return {row["id"] for row in self.rows(query)}

    def remove_calibration(self, profile: int) -> None:
        """Remove the calibration of a profile, if it has one; its entries stay."""
        with self.transaction():
            for table in ("corrections", "calibrations"):
                self.connection.execute(f"DELETE FROM {table} WHERE profile = ?", [profile])

    def remove_profile(self, profile: int) -> int:
        """Remove a profile, and devices and programs that no other has; return its measurements."""
        with self.transaction():
            (row,) = self.rows("SELECT COUNT(*) AS n FROM visits WHERE profile = ?", [profile])
            self.remove_calibration(profile)
            self.set_unfinished(profile, False)
            for statement in (
                "DELETE FROM visits WHERE profile = ?",
                "DELETE FROM estimates WHERE profile = ?",
                "DELETE FROM profiles WHERE id = ?",
            ):
                self.connection.execute(statement, [profile])
            for statement in (
                "DELETE FROM devices WHERE fingerprint NOT IN (SELECT device FROM profiles)",
                "DELETE FROM programs WHERE key NOT IN (SELECT program FROM visits "
                "UNION SELECT program FROM estimates UNION SELECT program FROM corrections)",
            ):
                self.connection.execute(statement)
        return int(row["n"])

    def calibration(self, profile: int) -> Calibration | None:
        """Return the calibration of a profile, if it has one."""
        rows = self.rows("SELECT * FROM calibrations WHERE profile = ?", [profile])
        if not rows:
            return None
        (row,) = rows
        of = f"table {self.path}: statistics of profile {profile}"
        corrections = self.rows("SELECT * FROM corrections WHERE profile = ?", [profile])
        return Calibration(
            networks=row["networks"],
            overhead_ms=row["overhead_ms"],
            fit_error=VarianceEstimate(row["fit_variance"], row["fit_degrees"]),
            session_error=VarianceEstimate(row["session_variance"], row["session_degrees"]),
            raw=row["raw_statistics"] and read_statistics(row["raw_statistics"], f"{of}, raw"),
            held_out=read_statistics(row["held_out_statistics"], of),
            noise_floor=row["noise_floor"],
            corrections={
                correction["program"]: (
                    correction["milliseconds"],
                    correction["standard_deviation"],
                )
                for correction in corrections
            },
        )

    def programs(self, profile: int, kind: str) -> dict[str, tuple[Operation, ...]]:
        """Return the operations of each program of a kind for which the profile has an entry.

        Programs are left out that hold an operation of a package which is not installed here, or
        which cannot read it: of those the table knows the key and the milliseconds alone.

        Raises:
            InputError: an operation of ours cannot be read.
        """
        query = (
            "SELECT key, operations FROM programs WHERE kind = :kind AND (EXISTS "
            "(SELECT 1 FROM visits WHERE profile = :profile AND program = key) OR EXISTS "
            "(SELECT 1 FROM estimates WHERE profile = :profile AND program = key))"
        )
        rows = self.rows(query, {"profile": profile, "kind": kind})
        programs = {row["key"]: read_program(kind, row, self.path) for row in rows}
        return {key: operations for key, operations in programs.items() if operations is not None}

    def libraries(self, profile: int) -> dict[str, str]:
        """Return the versions recorded when a profile was begun, by name."""
        (row,) = self.rows("SELECT libraries FROM profiles WHERE id = ?", [profile])
        return read_libraries(row["libraries"], f"table {self.path}: libraries")

    def measurements(
        self, profile: int, programs: Collection[str] | None = None
    ) -> list[Measurement]:
        """Return every measurement of a profile, or those of some programs, by their keys."""
        names = ", ".join(field.name for field in fields(Measurement))
        query = f"SELECT {names} FROM visits WHERE profile = :profile"
        values: dict[str, object] = {"profile": profile}
        if programs is not None:
            query += " AND program IN (SELECT value FROM json_each(:programs))"
            values["programs"] = json.dumps(list(programs))
        with told(self.path):
            return [Measurement(*row) for row in self.connection.execute(query, values)]

    def profiles(self) -> list[ProfileInfo]:
        """Return every profile of the table, oldest first."""
        devices = {
            row.pop("fingerprint"): Device(**row) for row in self.rows("SELECT * FROM devices")
        }
        unfinished = self.unfinished()
        return [
            ProfileInfo(
                row["id"],
                devices[row["device"]],
                row["runtime"],
                row["version"],
                Settings(row["threads"], row["batch"], row["dtype"]),
                row["method"],
                row["id"] not in unfinished,
            )
            for row in self.rows("SELECT * FROM profiles ORDER BY created_at, id")
        ]

    def entries(self, profile: int, kind: str = "operation") -> dict[str, Entry]:
        """Return the statistics of every program of a kind, by key."""
        of_kind = "profile = :profile AND program IN (SELECT key FROM programs WHERE kind = :kind)"
        values = {"profile": profile, "kind": kind}
        entries = self._measured_entries(of_kind, values)
        estimates = self.rows(f"SELECT * FROM estimates WHERE {of_kind}", values)
        for row in estimates:
            ms, spread = row["milliseconds"], row["spread_ms"]
            entries[row["program"]] = Entry(ms, ms, spread, row["samples"], 0, row["made_at"])
        return entries

    def _measured_entries(self, condition: str, values: Mapping[str, object]) -> dict[str, Entry]:
        """Return the statistics of programs' measurements: those of the view ``entries``."""
        query = f"SELECT program, median_ms FROM visits WHERE {condition}"
        medians: dict[str, list[float]] = {}
        with told(self.path):
            for program, milliseconds in self.connection.execute(query, values):
                medians.setdefault(program, []).append(milliseconds)
        totals = self.rows(
            "SELECT program, MIN(minimum_ms) AS milliseconds, MAX(median_ms) - MIN(median_ms) AS "
            "spread_ms, SUM(calls) AS samples, COUNT(DISTINCT process) AS processes, "
            f"MAX(measured_at) AS measured_at FROM visits WHERE {condition} GROUP BY program",
            values,
        )
        return {
            program: Entry(median_ms=median(medians[program]), **row)
            for row in totals
            for program in [row.pop("program")]
        }


def read_program(kind: str, row: Row, path: Path) -> tuple[Operation, ...] | None:
    """Return the operations of a program's row; None if one of a package cannot be read here.

    Raises:
        InputError: they cannot be read, or are not those that the program's key says.
    """
    subject = f"table {path}: program {row['key']!s:.100}"
    data: object = None
    try:
        data = parse_json(row["operations"], subject)
        operations = parse(Program, {"key": "", "operations": data}, subject).operations
        if not is_of(row["key"], kind, operations):
            raise InputError(f"{subject} holds other operations than its key says")
    except InputError as error:
        if foreign_kinds(data):
            return None
        raise InputError(
            f"{error}: remove it with `proxyless tables repair {quoted(path)}`"
        ) from None
    return operations


def check_programs(table: Table) -> None:
    """Read the operations of every program of a table.

    Raises:
        InputError: some cannot be read, or are not those that their key says.
    """
    for row in table.rows("SELECT * FROM programs"):
        read_program(row["kind"], row, table.path)
