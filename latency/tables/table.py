"""A latency table: one SQLite file of devices, profiles and their measurements.

Every measurement is committed separately, so a killed `profile` loses at most the current one;
statistics are a view over measurements. Readers and one writer work at the same time (WAL).
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from search_spaces import InputError, Operation
from search_spaces.operations.registry import foreign_kinds
from search_spaces.schema import dump, parse

from ..runtimes import Program
from ..statistics.prediction_errors import ErrorStatistics
from ..statistics.variance import VarianceEstimate
from ..timing.device import Device
from ..timing.measurement import Measurement, now
from ..timing.settings import Settings
from .file import open_file, unusable
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
        """The table in sqlite-utils, for writing; reading needs only :meth:`rows`."""
        from sqlite_utils import Database  # imports pandas if installed: half a second

        return Database(self.connection)

    @classmethod
    def open(cls, path: Path, create: bool = False) -> Self:
        """Open a table, or create an empty one.

        Raises:
            InputError: the file is missing, damaged, no latency table, or of another version.
        """
        return cls(Path(path), open_file(Path(path), create))

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
        if isinstance(error, sqlite3.OperationalError):
            raise unusable(self.path, error) from error

    def rows(self, query: str, values: Mapping[str, object] | Sequence[object] = ()) -> list[Row]:
        """Return the rows of a query, each by column names."""
        cursor = self.connection.execute(query, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def insert(self, table: str, row: Mapping[str, object], verb: str = "INSERT") -> int:
        """Insert a row by column names, also within a transaction; return its id.

        The insert of sqlite-utils would end the transaction. ``verb`` may be ``INSERT OR IGNORE``
        or ``INSERT OR REPLACE``, which determine the treatment of a row with the same key.
        """
        columns, values = ", ".join(row), ", ".join(f":{column}" for column in row)
        statement = f"{verb} INTO {table} ({columns}) VALUES ({values})"
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
        self.database.table("devices").insert(described, ignore=True)
        address = {
            "device": device.fingerprint,
            "runtime": runtime,
            "version": version,
            **asdict(settings),
            "method": method,
        }
        row = {**address, "libraries": json.dumps(libraries), "created_at": now()}
        self.database.table("profiles").insert(row, ignore=True)
        where = " AND ".join(f"{column} = :{column}" for column in address)
        (stored,) = self.rows(f"SELECT id FROM profiles WHERE {where}", address)
        return ProfileInfo(stored["id"], device, runtime, version, settings, method)

    def add_program(self, key: str, kind: str, operations: Iterable[Operation]) -> None:
        """Add a program; an existing one is not changed."""
        text = json.dumps([dump(operation) for operation in operations])
        row = {"key": key, "kind": kind, "operations": text}
        self.database.table("programs").insert(row, ignore=True)

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
        self.database.table("estimates").insert(row, replace=True)

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
        connection = self.connection
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DELETE FROM corrections WHERE profile = ?", [profile])
        self.insert("calibrations", row, "INSERT OR REPLACE")
        for key, (ms, sd) in calibration.corrections.items():
            correction = {
                "profile": profile,
                "program": key,
                "milliseconds": ms,
                "standard_deviation": sd,
            }
            self.insert("corrections", correction)
        connection.execute("COMMIT")

    def calibration(self, profile: int) -> Calibration | None:
        """Return the calibration of a profile, if it has one."""
        rows = self.rows("SELECT * FROM calibrations WHERE profile = ?", [profile])
        if not rows:
            return None
        (row,) = rows
        corrections = self.rows("SELECT * FROM corrections WHERE profile = ?", [profile])
        return Calibration(
            networks=row["networks"],
            overhead_ms=row["overhead_ms"],
            fit_error=VarianceEstimate(row["fit_variance"], row["fit_degrees"]),
            session_error=VarianceEstimate(row["session_variance"], row["session_degrees"]),
            raw=row["raw_statistics"] and ErrorStatistics(**json.loads(row["raw_statistics"])),
            held_out=ErrorStatistics(**json.loads(row["held_out_statistics"])),
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
            "SELECT key, operations FROM programs WHERE kind = :kind AND key IN "
            "(SELECT program FROM entries WHERE profile = :profile)"
        )
        rows = self.rows(query, {"profile": profile, "kind": kind})
        programs = {row["key"]: _operations(row["operations"], self.path) for row in rows}
        return {key: operations for key, operations in programs.items() if operations is not None}

    def libraries(self, profile: int) -> dict[str, str]:
        """Return the versions recorded when a profile was begun, by name."""
        (row,) = self.rows("SELECT libraries FROM profiles WHERE id = ?", [profile])
        versions: dict[str, str] = json.loads(row["libraries"])
        return versions

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
        return [Measurement(*row) for row in self.connection.execute(query, values)]

    def profiles(self) -> list[ProfileInfo]:
        """Return every profile of the table, oldest first."""
        devices = {
            row.pop("fingerprint"): Device(**row) for row in self.rows("SELECT * FROM devices")
        }
        return [
            ProfileInfo(
                row["id"],
                devices[row["device"]],
                row["runtime"],
                row["version"],
                Settings(row["threads"], row["batch"], row["dtype"]),
                row["method"],
            )
            for row in self.rows("SELECT * FROM profiles ORDER BY created_at, id")
        ]

    def entries(self, profile: int, kind: str = "operation") -> dict[str, Entry]:
        """Return the statistics of every program of a kind, by key."""
        query = (
            "SELECT entries.* FROM entries JOIN programs ON programs.key = entries.program "
            "WHERE profile = :profile AND kind = :kind"
        )
        entries = {}
        for row in self.rows(query, {"profile": profile, "kind": kind}):
            del row["profile"]
            program = row.pop("program")
            entries[program] = Entry(**row)
        return entries


def _operations(text: str, path: Path) -> tuple[Operation, ...] | None:
    """Return operations from their JSON; None if one of a package cannot be read here."""
    data = json.loads(text)
    try:
        return parse(Program, {"key": "", "operations": data}, f"table {path}").operations
    except InputError:
        if foreign_kinds(data):
            return None
        raise
