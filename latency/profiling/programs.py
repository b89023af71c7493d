"""Measuring programs into a profile: new processes, rounds, and replacement of slow processes."""

from collections.abc import Callable, Collection, Sequence

from search_spaces import Operation, Zero

from ..estimation.repeatability import fastest_calls
from ..hosts import Host, LocalHost
from ..runtimes import Program
from ..tables.program_keys import network_key
from ..tables.records import ProfileInfo
from ..tables.table import Table
from ..timing.measurement import Measurement, MeasurementPlan
from .protocol import Protocol

OVERHEAD = Program("overhead", (Zero(1, 1),))
"""The empty program, whose latency is the call overhead."""

Progress = Callable[[int, int], None]


def measure_networks(
    table: Table,
    info: ProfileInfo,
    networks: Sequence[Sequence[Operation]],
    protocol: Protocol | None = None,
    progress: Progress | None = None,
    host: Host | None = None,
) -> list[str]:
    """Measure whole networks into a profile and return their keys."""
    programs = [network_program(operations) for operations in networks]
    for program in programs:
        table.add_program(program.key, "network", program.operations)
    distinct = list(dict.fromkeys(programs))
    measure_programs(table, info, distinct, protocol or Protocol(), progress, host)
    return [program.key for program in programs]


def measure_programs(
    table: Table,
    info: ProfileInfo,
    programs: Sequence[Program],
    protocol: Protocol,
    progress: Progress | None = None,
    host: Host | None = None,
) -> None:
    """Make every measurement of the protocol that the table does not hold yet."""
    host = host or LocalHost()
    planned = planned_measurements(programs, protocol)
    networks = {program.key for program in programs if program.key.startswith("network-")}
    keys = {program.key for program in programs}
    process, processes = 0, protocol.processes
    while process < processes:
        measured = table.measurements(info.id, keys)
        of_process = (earlier for earlier in measured if earlier.process == process)
        completed = {(earlier.round, earlier.program) for earlier in of_process}
        if missing := planned - completed:
            done = sum((earlier.round, earlier.program) in planned for earlier in measured)
            plan = MeasurementPlan(process, frozenset(missing))
            for measurement in host.measure(info.runtime, programs, info.settings, plan):
                table.add_measurement(info.id, measurement)
                measured.append(measurement)
                done += 1
                if progress:
                    progress(done, processes * len(planned))
        process += 1
        if process == processes and processes < protocol.processes + protocol.extra:
            slow = slow_processes(measured, networks, protocol.tolerance)
            processes = protocol.processes + min(len(slow), protocol.extra)
    if progress:
        progress(processes * len(planned), processes * len(planned))


def planned_measurements(programs: Sequence[Program], protocol: Protocol) -> set[tuple[int, str]]:
    """Return the measurements of every process as (round, program key)."""
    return {(number, program.key) for number in range(protocol.rounds) for program in programs}


def slow_processes(
    measurements: Sequence[Measurement], networks: Collection[str], tolerance: float
) -> list[int]:
    """Return the processes whose networks were slower than those of the fastest process.

    ``networks`` are the keys of those that every process measures. Processes that measured fewer
    of them than others are ignored.
    """
    minima: dict[int, list[float]] = {}
    judged = (measurement for measurement in measurements if measurement.program in networks)
    for by_process in fastest_calls(judged).values():
        for process, milliseconds in by_process.items():
            minima.setdefault(process, []).append(milliseconds)
    if not minima:
        return []
    most = max(map(len, minima.values()))
    totals = {process: sum(times) for process, times in minima.items() if len(times) == most}
    limit = min(totals.values()) * (1 + tolerance)
    return sorted(process for process, total in totals.items() if total > limit)


def network_program(operations: Sequence[Operation]) -> Program:
    """Return the program of a whole network; its key is a digest of its operations' keys."""
    active = tuple(operation for operation in operations if not operation.free)
    return Program(network_key(active), active)
