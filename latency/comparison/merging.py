"""Several tables into one: profiles with the same address become one, nothing is lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search_spaces import InputError

from ..estimation.calibration import calibrate
from ..tables.table import Table

Row = dict[str, Any]


@dataclass(frozen=True)
class Merged:
    """How much was new in each table of the schema; all 0 when nothing was."""

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
    """Copy everything that tables hold into one, which is created where it does not exist.

    Profiles with the same address (device, runtime, version, settings, method) become one. A
    measuring process that both have, in part or whole, stays one; others are added to it, and a
    profile that has gained is calibrated anew. Of two calibrations of other profiles, and of two
    fits to whole networks, the newer stays. Merging again changes nothing; after an error nothing
    has changed.

    Raises:
        InputError: two tables contradict each other, or a source is ``into`` itself.
    """
    for source in sources:
        if source.exists() and into.exists() and source.samefile(into):
            raise InputError(f"table {source} cannot be merged into itself: name other sources")
    opened: list[Table] = []
    try:
        opened += (Table.open(source) for source in sources)
        with Table.open(into, create=True) as target:
            connection = target.connection
            connection.execute("BEGIN IMMEDIATE")
            try:
                merges = [_Merge(target, one) for one in opened]
                merged = sum((one.run() for one in merges), Merged())
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
            grown = set().union(*(one.grown for one in merges))
            for info in target.profiles():
                if info.method == "measured" and info.id in grown:
                    calibrate(target, info)
            return merged
    finally:
        for one in opened:
            one.close()


class _Merge:
    """One source into the target, inside the caller's transaction."""

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
        fitted = {row["id"] for row in _rows(self.source, "profiles") if row["method"] == "fitted"}
        counts |= dict.fromkeys(("visits", "estimates", "calibrations"), 0)
        for old, new in profiles.items():
            visits, calibrations = self._visits(old, new), self._calibration(old, new)
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
        """Insert the rows whose key is new; rows known already must agree where compared.

        With ``newer_stays`` they need not: ``made_at`` decides.
        """
        old, new = profile if profile else (None, None)
        known = {_pick(row, key): row for row in _rows(self.target, table, new)}
        copied = 0
        for row in _rows(self.source, table, old):
            row = row | {"profile": new} if profile else row
            present = known.get(_pick(row, key))
            if present is None:
                self._insert(table, row)
                copied += 1
            elif _pick(present, compared) == _pick(row, compared):
                continue
            elif newer_stays and row["made_at"] > present["made_at"]:
                self._insert(table, row, "INSERT OR REPLACE")
                copied += 1
            elif not newer_stays:
                raise self._conflict(f"{table} of {row[key[-1]]}", present, row, compared)
        return copied

    def _profiles(self) -> tuple[dict[int, int], int]:
        """Return the target's number of each profile of the source, and how many were new."""
        numbers: dict[int, int] = {}
        added = 0
        known = {_address(row): row["id"] for row in _rows(self.target, "profiles")}
        for row in _rows(self.source, "profiles"):
            number = known.get(_address(row))
            if number is None:
                without = {name: value for name, value in row.items() if name != "id"}
                number = self._insert("profiles", without)
                added += 1
            numbers[row["id"]] = number
        return numbers, added

    def _visits(self, old: int, new: int) -> int:
        known = _processes(self.target, new)
        copied = 0
        for process, visits in _processes(self.source, old).items():
            number = next((n for n, have in known.items() if _overlap(have, visits)), None)
            if number is None:
                number = process if process not in known else max(known) + 1
            present = known.setdefault(number, {})
            for key, row in visits.items():
                if key in present:
                    if present[key] != row:
                        compared = tuple(name for name in row if present[key][name] != row[name])
                        raise self._conflict(f"visits of {key[0]}", present[key], row, compared)
                    continue
                self._insert("visits", {**row, "profile": new, "process": number})
                present[key] = row
                copied += 1
        return copied

    def _calibration(self, old: int, new: int) -> int:
        """Take the source's calibration where the target has none or an older one."""
        for row in _rows(self.source, "calibrations", old):
            present = _rows(self.target, "calibrations", new)
            if present and present[0]["made_at"] >= row["made_at"]:
                return 0
            for table in ("corrections", "calibrations"):
                self.target.connection.execute(f"DELETE FROM {table} WHERE profile = ?", [new])
            self._insert("calibrations", row | {"profile": new})
            for correction in _rows(self.source, "corrections", old):
                self._insert("corrections", correction | {"profile": new})
            return 1
        return 0

    def _insert(self, table: str, row: Row, verb: str = "INSERT") -> int:
        columns, values = ", ".join(row), ", ".join(f":{name}" for name in row)
        statement = f"{verb} INTO {table} ({columns}) VALUES ({values})"
        return int(self.target.connection.execute(statement, row).lastrowid or 0)

    def _conflict(self, what: str, present: Row, row: Row, compared: tuple[str, ...]) -> InputError:
        name = next(name for name in compared if present[name] != row[name])
        return InputError(
            f"{what}: {name} is {present[name]!r:.60} in table {self.target.path} but "
            f"{row[name]!r:.60} in table {self.source.path}: remove one of them, or keep the "
            "tables apart"
        )


def _rows(table: Table, name: str, profile: int | None = None) -> list[Row]:
    if profile is None:
        return table.rows(f"SELECT * FROM {name}")
    return table.rows(f"SELECT * FROM {name} WHERE profile = ?", [profile])


def _processes(table: Table, profile: int) -> dict[int, dict[tuple[Any, ...], Row]]:
    """Return the visits of a profile by process, then by (program, round)."""
    found: dict[int, dict[tuple[Any, ...], Row]] = {}
    for row in _rows(table, "visits", profile):
        process = row.pop("process")
        del row["profile"]
        found.setdefault(process, {})[_pick(row, ("program", "round"))] = row
    return found


def _overlap(one: dict[tuple[Any, ...], Row], other: dict[tuple[Any, ...], Row]) -> bool:
    """Whether two processes share a visit to the last bit: then they are the same process."""
    return any(one.get(key) == row for key, row in other.items())


def _address(row: Row) -> tuple[Any, ...]:
    names = ("device", "runtime", "version", "threads", "batch", "dtype", "method")
    return _pick(row, names)


def _pick(row: Row, names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)
