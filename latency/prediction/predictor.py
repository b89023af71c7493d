"""Prediction from a table: the milliseconds of any network of profiled operations.

The model is additive over operations. Each entry was timed as a separate program and so includes
the cost of one call of the runtime; a network is one call, so that cost is counted once:

    latency = overhead + sum over operations of (entry - overhead)

If whole networks were measured too, their calibration replaces both (see ``calibration``).
"""

import math
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from search_spaces import InputError, Operation, Space
from search_spaces.plain_text import quoted

from ..hosts import Host, LocalHost
from ..runtimes import RUNTIMES, get_runtime
from ..statistics.variance import COVERAGE
from ..tables.records import Calibration, Entry, ProfileInfo
from ..tables.table import Table
from ..timing.device import Device, this_cpu
from .profile_query import ProfileQuery

if TYPE_CHECKING:
    from .costs import AdditiveCosts


@dataclass(frozen=True)
class Predictor:
    """One profile of a table, loaded into memory."""

    path: Path
    info: ProfileInfo
    overhead: float
    entries: dict[str, Entry]
    calibration: Calibration | None = None

    def relative_error(self, coverage: float = COVERAGE) -> float | None:
        """Return the half width of the interval of measured / predicted - 1 with this coverage.

        None without a calibration, because the error is unknown then.
        """
        return self.calibration.relative_error(coverage) if self.calibration else None

    def milliseconds(self, operation: Operation) -> float:
        """Return what the operation adds to a network's latency, overhead excluded.

        Raises:
            InputError: the table has no entry for it; the sentence names the command to measure it.
        """
        if operation.free:
            return 0.0
        entry = self.entries.get(operation.key)
        if entry is None and self.info.method != "measured":
            source = "import a file" if self.info.method == "imported" else "fit a space"
            raise InputError(
                f"table {self.path} has no entry for {operation.key} ({self.info}): {source} "
                "that has one, or build networks of the operations it has"
            )
        if entry is None:
            raise InputError(
                f"table {self.path} has no entry for {operation.key} ({self.info}): measure it "
                f"with `proxyless profile --table {quoted(self.path)} "
                f"--runtime {quoted(self.info.runtime)} "
                f"--threads {self.info.settings.threads} --batch {self.info.settings.batch} "
                f"--dtype {self.info.settings.dtype}` "
                "and the same `space`, `data`, `width` and `resolution` as this command"
            )
        return self.milliseconds_of_entry(operation.key)

    def milliseconds_of_entry(self, key: str) -> float:
        """Return what the operation behind an entry, by its key, adds to a network's latency.

        Raises:
            InputError: the calibration is older than the entry.
        """
        if self.calibration is None:
            return self.entries[key].milliseconds - self.overhead
        if key not in self.calibration.corrections:
            raise InputError(
                f"the calibration of table {self.path} is older than its entry for "
                f"{key}: run the `proxyless profile` command that adds it to its end"
            )
        return self.calibration.corrections[key][0]

    def network(self, operations: Iterable[Operation]) -> float:
        """Return the milliseconds of a whole network.

        Raises:
            InputError: the table lacks an operation, or what it holds adds up to no time.
        """
        total = self.overhead + sum(self.milliseconds(operation) for operation in operations)
        self._check_time(total, "a network")
        return total

    def bounds(self, space: Space) -> tuple[float, float]:
        """Return the milliseconds of the fastest and the slowest network of a space."""
        from .costs import choice_mask  # imports torch, which other uses of a table do not need

        return self.costs(space).bounds(choice_mask(space))

    def costs(self, space: Space) -> "AdditiveCosts":
        """Return the milliseconds of every choice of a space. Errors as for :meth:`network`."""
        from .costs import additive_costs, choice_mask

        costs = additive_costs(space, self.milliseconds, self.overhead)
        self._check_time(
            costs.bounds(choice_mask(space))[0], f"the fastest network of {space.name}"
        )
        return costs

    def _check_time(self, milliseconds: float, subject: str) -> None:
        if not 0 < milliseconds < math.inf:
            raise InputError(
                f"table {self.path} says {milliseconds:g} ms for {subject} ({self.info}), which "
                "is no time: profile again, with more rounds, into another table"
            )


def load_predictor(
    path: Path,
    runtime: str | None = None,
    device: str | None = None,
    threads: int | None = None,
    batch: int | None = None,
    dtype: str | None = None,
    raw: bool = False,
) -> Predictor:
    """Load one profile of a table, with its calibration unless ``raw``.

    Without ``device`` (a name or the beginning of a fingerprint) only profiles of this machine are
    considered; the other arguments select among several profiles.

    Raises:
        InputError: no profile fits, or several do; the sentence lists them.
    """
    return find_predictor(path, ProfileQuery(runtime, device, threads, batch, dtype), raw)


def find_predictor(path: Path, query: ProfileQuery, raw: bool = False) -> Predictor:
    """Load one profile of a table by a query: see :func:`load_predictor`."""
    with Table.read(path) as table:
        info = choose_profile(table, query)
        for kind in ("operation", "network"):
            table.programs(info.id, kind)  # they are what their keys say
        calibration = None if raw else table.calibration(info.id)
        overhead = calibration.overhead_ms if calibration else _overhead(table, info)
        return Predictor(path, info, overhead, table.entries(info.id), calibration)


def load_wanted(path: Path, wanted: ProfileQuery, raw: bool = False) -> Predictor:
    """Load one profile of a table, with a warning: the former name of :func:`find_predictor`."""
    message = "latency.load_wanted is called latency.find_predictor now"
    warnings.warn(message, DeprecationWarning, stacklevel=2)
    return find_predictor(path, wanted, raw)


def fitting_profiles(table: Table, query: ProfileQuery) -> list[ProfileInfo]:
    """Return the fitting profiles of a table; of several versions of a runtime, the newest.

    Unfinished profiles fit nothing.
    """
    fitting = [info for info in table.profiles() if info.finished and query.fits(info)]
    newest = {(i.device.fingerprint, i.runtime, i.settings, i.method): i for i in fitting}
    return list(newest.values())


def choose_profile(table: Table, query: ProfileQuery) -> ProfileInfo:
    """Return the one profile of a table that fits: see :func:`load_predictor`."""
    path = table.path
    profiles = table.profiles()
    of_device = [
        info
        for info in fitting_profiles(table, ProfileQuery(device=query.device))
        if query.device or _is_local(info)
    ]
    if not of_device:
        raise InputError(_other_device(path, profiles, query.device))
    fitting = [info for info in fitting_profiles(table, query) if info in of_device]
    if not fitting:
        raise InputError(
            f"table {path} has nothing for {query}; it holds: {listed_profiles(profiles)}"
        )
    if len(fitting) > 1:
        raise InputError(
            f"table {path} holds several profiles that fit; choose with "
            f"{_differing_fields(fitting)} among: "
            f"{listed_profiles(fitting)}"
        )
    (chosen,) = fitting
    return chosen


def choose_profile_of_host(table: Table, host: Host, query: ProfileQuery) -> ProfileInfo:
    """Return the one fitting profile of a host's device: see :func:`load_predictor`.

    This machine may have profiles of its processor and of its accelerator. A remote host has one
    device, which may depend on the runtime.
    """
    if isinstance(host, LocalHost):
        return choose_profile(table, replace(query, device=None))
    finished = [info for info in table.profiles() if info.finished]
    known = sorted({info.runtime for info in finished if info.method == "measured"})
    if query.runtime is None and len(known) != 1:
        held = f"profiles of {' and '.join(known)}" if known else "no measured profile"
        raise InputError(f"table {table.path} holds {held}: choose with `runtime`")
    device = host.device(query.runtime or known[0])
    return choose_profile(table, replace(query, device=device.fingerprint))


def _overhead(table: Table, info: ProfileInfo) -> float:
    overhead = table.entries(info.id, "overhead")
    if not overhead and info.method == "imported":
        return 0.0
    if not overhead:
        raise InputError(
            f"table {table.path} has no measured call overhead for {info}: "
            "run the same `proxyless profile` command again to finish it"
        )
    (empty,) = overhead.values()
    return empty.milliseconds


def _is_local(info: ProfileInfo) -> bool:
    local_device = _local_device(info.runtime)
    return local_device is not None and info.device.fingerprint == local_device.fingerprint


def _local_device(runtime: str) -> Device | None:
    try:
        with RUNTIMES.blaming(runtime, "names no device"):
            return get_runtime(runtime).device
    except (InputError, RuntimeError, AssertionError):
        return None


def _other_device(path: Path, profiles: list[ProfileInfo], device: str | None) -> str:
    if not profiles:
        return f"table {path} is empty: fill it with `proxyless profile --table {quoted(path)}`"
    profiles = [info for info in profiles if info.finished] or profiles
    if not profiles[0].finished:
        return (
            f"table {path} holds unfinished profiles only: {listed_profiles(profiles)}: give the "
            f"same `proxyless profile --table {quoted(path)}` again to finish one, or remove it "
            f"with `proxyless tables remove {quoted(path)} --unfinished`"
        )
    if device is not None:
        return f"table {path} has no device {device!r}; it holds: {listed_profiles(profiles)}"
    recorded = profiles[0].device
    return (
        f"table {path} was measured on {recorded}, not on this machine ({this_cpu()}): pass "
        f"`device` {recorded.fingerprint} to search for that device, or measure this one with "
        f"`proxyless profile --table {quoted(path)}`"
    )


def _differing_fields(profiles: list[ProfileInfo]) -> str:
    """Return the fields in which profiles differ, as text."""
    addresses = [
        {
            "runtime": info.runtime,
            "device": info.device.fingerprint,
            **vars(info.settings),
            "method": info.method,
        }
        for info in profiles
    ]
    values = {name: {str(address[name]) for address in addresses} for name in addresses[0]}
    names = [f"`{name}`" for name, different in values.items() if len(different) > 1]
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def listed_profiles(profiles: Iterable[ProfileInfo]) -> str:
    """Return profiles as text, each with the fingerprint of its device."""
    return "; ".join(
        f"{info} (device {info.device.fingerprint}{'' if info.finished else ', unfinished'})"
        for info in profiles
    )
