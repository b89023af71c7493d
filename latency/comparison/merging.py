"""Merging tables: profiles with the same address become one, without losing measurements."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from search_spaces import InputError

from ..estimation.calibration import calibrate
from ..tables.file import removed_on_failure
from ..tables.table import Row, Table, check_programs

Values = tuple[object, ...]
"""Values of some columns of a row."""

ADDRESS = ("device", "runtime", "version", "threads", "batch", "dtype", "method")
"""The columns by which two profiles are the same."""
IDENTITY = ("program", "round")
"""The columns that identify a measurement within a process."""


@dataclass(frozen=True)
class Merged:
    """Number of new rows in each table of the schema; ``visits`` are measurements."""

    devices: int = 0
    profiles: int = 0
    programs: int = 0
    visits: int = 0
    estimates: int = 0
    calibrations: int = 0

    def __add__(self, other: "Merged") -> "Merged":
        return Merged(*(a + b for a, b in zip(self._counts(), other._counts(), strict=True)))

    def _counts(self) -> tuple[int, ...]:
        return (
            self.devices, self.profiles, self.programs, self.visits, self.estimates,
            self.calibrations,
        )  # fmt: skip


def merge_tables(into: Path, sources: Sequence[Path]) -> Merged:
    """Copy the content of tables into one, which is created if it does not exist.

    Profiles with the same address (device, runtime, version, settings, method) become one. A
    measuring process that both have, in part or as a whole, remains one process; other processes
    are added, and a profile that has grown is calibrated again. Of two calibrations of other
    profiles, and of two fits to whole networks, the newer one is kept. Merging again changes
    nothing, and an error leaves the target unchanged.

    Raises:
        InputError: two tables contradict each other, a source is the table ``into``, or holds an
            implausible row.
    """
    for source in sources:
        if source.exists() and into.exists() and source.samefile(into):
            raise InputError(f"table {source} cannot be merged into itself: name other sources")
    with ExitStack() as stack:
        opened = [stack.enter_context(Table.read(source)) for source in sources]
        for table in opened:
            check_programs(table)
        stack.enter_context(removed_on_failure(into))
        target = stack.enter_context(Table.open(into, create=True))
        with target.transaction():
            merges = [_Merge(target, table) for table in opened]
            merged = sum((merge.run() for merge in merges), Merged())
            grown = set().union(*(merge.grown for merge in merges))
            for info in target.profiles():
                if info.method == "measured" and info.id in grown:
                    calibrate(target, info)
            target.check()
        return merged


class _Merge:
    """Merges one source into the target, inside the caller's transaction."""

    def __init__(self, target: Table, source: Table) -> None:
        self.target, self.source = target, source
        self.grown: set[int] = set()

    def run(self) -> Merged:
        counts = {
            "devices": self._copy_keyed("devices", ("fingerprint",), compared=()),
            "programs": self._copy_keyed("programs", ("key",), compared=("kind", "operations")),
        }
        before = {row["id"] for row in _rows(self.target, "profiles")}
        profiles, counts["profiles"] = self._profiles()
        self._unfinished(profiles, before)
        fitted = {row["id"] for row in _rows(self.source, "profiles") if row["method"] == "fitted"}
        counts |= dict.fromkeys(("visits", "estimates", "calibrations"), 0)
        for old, new in profiles.items():
            visits, calibrations = self._measurements(old, new), self._calibration(old, new)
            if new in before and (visits or calibrations):
                self.grown.add(new)
            counts["visits"] += visits
            counts["calibrations"] += calibrations
            counts["estimates"] += self._copy_keyed(
                "estimates",
                ("profile", "program"),
                compared=("milliseconds", "spread_ms", "samples"),
                profile=(old, new),
                newer_stays=old in fitted,
            )
        return Merged(**counts)

    def _copy_keyed(
        self,
        table: str,
        key: tuple[str, ...],
        compared: tuple[str, ...],
        profile: tuple[int, int] | None = None,
        newer_stays: bool = False,
    ) -> int:
        """Insert the rows with a new key; other rows must agree in the columns ``compared``.

        With ``newer_stays`` they may differ, and the row with the later ``made_at`` is kept.
        """
        old, new = profile if profile else (None, None)
        known = {_pick(row, key): row for row in _rows(self.target, table, new)}
        copied = 0
        for row in _rows(self.source, table, old):
            row = row | {"profile": new} if profile else row
            present = known.get(_pick(row, key))
            if present is None:
                self.target.insert(table, row)
                copied += 1
            elif _pick(present, compared) == _pick(row, compared):
                continue
            elif newer_stays and row["made_at"] > present["made_at"]:
                self.target.insert(table, row, "INSERT OR REPLACE")
                copied += 1
            elif not newer_stays:
                raise self._conflict(f"{table} of {row[key[-1]]}", present, row, compared)
        return copied

    def _profiles(self) -> tuple[dict[int, int], int]:
        """Return the target's id of each profile of the source, and the number of new ones."""
        numbers: dict[int, int] = {}
        added = 0
        known = {_pick(row, ADDRESS): row["id"] for row in _rows(self.target, "profiles")}
        for row in _rows(self.source, "profiles"):
            number = known.get(_pick(row, ADDRESS))
            if number is None:
                unnumbered = {name: value for name, value in row.items() if name != "id"}
                number = self.target.insert("profiles", unnumbered)
                added += 1
            numbers[row["id"]] = number
        return numbers, added

    def _unfinished(self, profiles: dict[int, int], before: set[int]) -> None:
        """Take over that profiles are unfinished; those that one table has finished are not."""
        of_source, of_target = self.source.unfinished(), self.target.unfinished()
        for old, new in profiles.items():
            if old in of_source and new not in before:
                self.target.set_unfinished(new)
            elif old not in of_source and new in of_target:
                self.target.set_unfinished(new, False)

    def _measurements(self, old: int, new: int) -> int:
        """Copy new measurements, under the number of their process in the target."""
        known = _processes(self.target, new)
        owners: dict[Values, int] = {}
        for process, rows in known.items():
            for row in rows.values():
                owners.setdefault(tuple(sorted(row.items())), process)
        copied = 0
        for process, rows in _processes(self.source, old).items():
            # Processes with an identical measurement are the same process.
            same = (owners.get(tuple(sorted(row.items()))) for row in rows.values())
            number = next((owner for owner in same if owner is not None), None)
            if number is None:
                number = process if process not in known else max(known) + 1
            present = known.setdefault(number, {})
            for identity, row in rows.items():
                if identity not in present:
                    self.target.insert("visits", {**row, "profile": new, "process": number})
                    present[identity] = row
                    copied += 1
                elif present[identity] != row:
                    compared = tuple(name for name in row if present[identity][name] != row[name])
                    subject = f"measurements of {row['program']}"
                    raise self._conflict(subject, present[identity], row, compared)
        return copied

    def _calibration(self, old: int, new: int) -> int:
        """Copy the source's calibration if the target has none or an older one."""
        for row in _rows(self.source, "calibrations", old):
            present = _rows(self.target, "calibrations", new)
            if present and present[0]["made_at"] >= row["made_at"]:
                return 0
            self.target.remove_calibration(new)
            self.target.insert("calibrations", row | {"profile": new})
            for correction in _rows(self.source, "corrections", old):
                self.target.insert("corrections", correction | {"profile": new})
            return 1
        return 0

    def _conflict(
        self, subject: str, present: Row, row: Row, compared: tuple[str, ...]
    ) -> InputError:
        name = next(name for name in compared if present[name] != row[name])
        return InputError(
            f"{subject}: {name} is {present[name]!r:.60} in table {self.target.path} but "
            f"{row[name]!r:.60} in table {self.source.path}: remove one of them, or keep the "
            "tables apart"
        )


def _rows(table: Table, name: str, profile: int | None = None) -> list[Row]:
    if profile is None:
        return table.rows(f"SELECT * FROM {name}")
    return table.rows(f"SELECT * FROM {name} WHERE profile = ?", [profile])


def _processes(table: Table, profile: int) -> dict[int, dict[Values, Row]]:
    """Return the measurements of a profile by process, then by their ``IDENTITY``."""
    processes: dict[int, dict[Values, Row]] = {}
    for row in _rows(table, "visits", profile):
        process = row.pop("process")
        del row["profile"]
        processes.setdefault(process, {})[_pick(row, IDENTITY)] = row
    return processes


def _pick(row: Row, names: tuple[str, ...]) -> Values:
    return tuple(row[name] for name in names)
