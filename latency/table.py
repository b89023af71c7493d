"""A latency table: one SQLite file of devices, profiles and everything measured under them.

Every visit to a program is committed on its own, so a killed profile loses at most the one in
flight; statistics are a view over visits. Readers and one writer work at the same time (WAL).
"""

import json
import math
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from search_spaces import Operation
from search_spaces.schema import dump, parse

from .device import Device
from .measure import Visit, now
from .runtimes import Program
from .settings import Settings
from .spread import COVERAGE, Spread
from .statistics import ErrorStatistics
from .table_file import open_file, unusable

if TYPE_CHECKING:
    from sqlite_utils import Database

Method = Literal["measured", "imported", "fitted"]
"""Where a profile's entries come from: visits of ours, another tool's table, whole networks."""


@dataclass(frozen=True)
class Entry:
    """What is known of one program.

    ``milliseconds`` is the minimum over all calls of all processes: what the device can do when
    nothing else interferes. ``median_ms`` and ``spread_ms`` are over visits.
    """

    milliseconds: float
    median_ms: float
    spread_ms: float
    samples: int
    processes: int
    measured_at: str


@dataclass(frozen=True)
class ProfileInfo:
    """The address of a profile: what was measured, with what, and how."""

    id: int
    device: Device
    runtime: str
    version: str
    settings: Settings
    method: Method = "measured"

    def __str__(self) -> str:
        how = "" if self.method == "measured" else f", {self.method}"
        return f"{self.runtime} {self.version} on {self.device}, {self.settings}{how}"


@dataclass(frozen=True)
class Calibration:
    """What whole networks, measured, say of a profile (see :mod:`latency.calibration`).

    ``corrections`` gives (milliseconds, standard deviation) of what an operation adds to a
    network; ``fit_error`` is the spread of measured / predicted - 1 for another network, measured
    with them, and ``session_error`` what a later measurement adds. ``noise_floor`` is the mean
    difference between two measurements of the same networks in percent (None where there was one
    process).
    """

    networks: int
    overhead_ms: float
    fit_error: Spread
    session_error: Spread
    raw: ErrorStatistics | None
    held_out: ErrorStatistics
    noise_floor: float | None
    corrections: dict[str, tuple[float, float]]

    def relative_error(self, coverage: float = COVERAGE) -> float:
        """Return how far measured / predicted is from 1 at most, later, with this probability.

        Independent errors: half widths add like standard deviations.
        """
        return math.hypot(
            *(one.half_width(coverage) for one in (self.fit_error, self.session_error))
        )


class Table:
    """An open latency table."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.connection = connection

    @cached_property
    def database(self) -> "Database":
        """The file to write to; a look into it needs only :meth:`rows`."""
        from sqlite_utils import Database  # imports pandas where that is installed: half a second

        return Database(self.connection)

    @classmethod
    def open(cls, path: Path, create: bool = False) -> Self:
        """Open a table, or create an empty one.

        Raises:
            InputError: the file is missing, damaged, not a table of ours or of another version.
        """
        return cls(Path(path), open_file(Path(path), create))

    def close(self) -> None:
        """Fold the write-ahead log into the file and close it."""
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

    def rows(
        self, query: str, values: Mapping[str, object] | Sequence[object] = ()
    ) -> list[dict[str, Any]]:
        """Return what a query finds, each row by the names of its columns."""
        cursor = self.connection.execute(query, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def add_profile(
        self,
        device: Device,
        runtime: str,
        version: str,
        settings: Settings,
        libraries: dict[str, str],
        method: Method = "measured",
    ) -> ProfileInfo:
        """Return the profile at this address, adding it and its device if they are new."""
        self.database.table("devices").insert(
            {"fingerprint": device.fingerprint, **asdict(device)}, ignore=True
        )
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
        (found,) = self.rows(f"SELECT id FROM profiles WHERE {where}", address)
        return ProfileInfo(found["id"], device, runtime, version, settings, method)

    def add_program(self, key: str, kind: str, operations: Iterable[Operation]) -> None:
        """Describe a program; one that is known already stays as it is."""
        text = json.dumps([dump(operation) for operation in operations])
        row = {"key": key, "kind": kind, "operations": text}
        self.database.table("programs").insert(row, ignore=True)

    def add_visit(self, profile: int, visit: Visit) -> None:
        """Commit one visit."""
        row = {"profile": profile, **asdict(visit)}
        columns = ", ".join(row)
        values = ", ".join(f":{column}" for column in row)
        self.connection.execute(f"INSERT OR REPLACE INTO visits ({columns}) VALUES ({values})", row)

    def add_estimate(
        self, profile: int, program: str, milliseconds: float, spread_ms: float, samples: int
    ) -> None:
        """Enter what was not measured by visits of ours: imported, or fitted to networks."""
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
        columns = ", ".join(f":{column}" for column in row)
        connection = self.connection
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DELETE FROM corrections WHERE profile = ?", [profile])
        connection.execute(f"INSERT OR REPLACE INTO calibrations VALUES ({columns})", row)
        connection.executemany(
            "INSERT INTO corrections VALUES (?, ?, ?, ?)",
            [(profile, key, ms, sd) for key, (ms, sd) in calibration.corrections.items()],
        )
        connection.execute("COMMIT")

    def calibration(self, profile: int) -> Calibration | None:
        """Return the calibration of a profile, if it has one."""
        rows = self.rows("SELECT * FROM calibrations WHERE profile = ?", [profile])
        if not rows:
            return None
        (row,) = rows
        corrections = self.rows("SELECT * FROM corrections WHERE profile = ?", [profile])
        return Calibration(
            row["networks"],
            row["overhead_ms"],
            Spread(row["fit_variance"], row["fit_degrees"]),
            Spread(row["session_variance"], row["session_degrees"]),
            row["raw_statistics"] and ErrorStatistics(**json.loads(row["raw_statistics"])),
            ErrorStatistics(**json.loads(row["held_out_statistics"])),
            row["noise_floor"],
            {c["program"]: (c["milliseconds"], c["standard_deviation"]) for c in corrections},
        )

    def programs(self, profile: int, kind: str) -> dict[str, tuple[Operation, ...]]:
        """Return what each program of a kind that this profile has an entry for consists of."""
        query = (
            "SELECT key, operations FROM programs WHERE kind = :kind AND key IN "
            "(SELECT program FROM entries WHERE profile = :profile)"
        )
        rows = self.rows(query, {"profile": profile, "kind": kind})
        return {row["key"]: _operations(row["operations"], self.path) for row in rows}

    def libraries(self, profile: int) -> dict[str, str]:
        """Return the versions recorded when a profile was begun, by name."""
        (row,) = self.rows("SELECT libraries FROM profiles WHERE id = ?", [profile])
        found: dict[str, str] = json.loads(row["libraries"])
        return found

    def visits(self, profile: int) -> list[dict[str, Any]]:
        """Return every visit of a profile, as rows."""
        return self.rows("SELECT * FROM visits WHERE profile = ?", [profile])

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


def _operations(text: str, path: Path) -> tuple[Operation, ...]:
    return parse(Program, {"key": "", "operations": json.loads(text)}, f"table {path}").operations
