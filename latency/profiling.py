"""Profiling: every distinct operation of a space, measured into a table."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from search_spaces import InputError, Operation, Space, Zero
from search_spaces.graphs.lowerable import check_lowerable

from .calibration import calibrate
from .checking import Check, check_profile
from .hosts import Host, LocalHost
from .measure import Sitting
from .predict import choose_profile_of_host, load_wanted
from .protocol import Protocol
from .runtimes import FileRuntime, Program, get_runtime
from .sampling import calibration_networks
from .settings import Settings
from .table import Calibration, ProfileInfo, Table
from .wanted import Wanted

OVERHEAD = Program("overhead", (Zero(1, 1),))
"""The empty program: what a call costs before it does anything."""

Progress = Callable[[int, int], None]
Changed = Callable[[Check], None]
"""Told that a device is not as it was when a profile that is about to grow was calibrated."""


def profile(
    space: Space,
    table: Path,
    runtime: str = "onnxruntime",
    settings: Settings | None = None,
    protocol: Protocol | None = None,
    progress: Progress | None = None,
    host: Host | None = None,
    changed: Changed | None = None,
) -> ProfileInfo:
    """Measure every distinct operation of ``space`` into ``table`` and say where it went.

    What the table already holds is not measured again, so calling it twice is free and calling it
    after an interruption continues. ``progress`` is told (visits made, visits planned). ``host``
    is where it happens, from :func:`latency.get_host`; without it, this machine. With ``changed``,
    a few entries of a calibrated profile are measured again before it grows, and it is told if the
    device behaves otherwise: what is measured in two regimes adds up to networks of neither.

    Raises:
        InputError: the runtime is unknown or cannot run there or cannot run such operations, the
            table cannot be used, or the connection to the host is lost; every visit made until then
            is in the table.
    """
    settings = settings or Settings()
    protocol = protocol or Protocol()
    host = host or LocalHost()
    if isinstance(get_runtime(runtime), FileRuntime):
        check_lowerable(space.operations(), f"file for {runtime}")
    version, device = host.version(runtime), host.device(runtime)
    libraries = host.libraries(runtime)
    with Table.open(table, create=True) as open_table:
        info = open_table.add_profile(device, runtime, version, settings, libraries)
        programs = _programs(space, protocol.anchors)
        for kind, program in programs:
            open_table.add_program(program.key, kind, program.operations)
        every = [program for _, program in programs]
        _check_before_growth(open_table, info, every, protocol, host, changed)
        measure_programs(open_table, info, every, protocol, progress, host)
        calibrate(open_table, info)
    return info


def profile_networks(
    space: Space,
    path: Path,
    networks: int = 20,
    wanted: Wanted | None = None,
    protocol: Protocol | None = None,
    progress: Progress | None = None,
    host: Host | None = None,
    changed: Changed | None = None,
) -> Calibration:
    """Measure so many whole networks of a space and calibrate the host's profile by them.

    Networks that the profile holds already count, and are not measured again. ``wanted`` narrows
    the choice where the table holds several profiles of the host; ``changed`` is as in
    :func:`profile`.

    Raises:
        InputError: no profile fits (see ``load_predictor``), it lacks operations of the space, or
            it was made with another version of the runtime.
    """
    host = host or LocalHost()
    protocol = protocol or Protocol()
    drawn = [architecture.operations for architecture in calibration_networks(space, networks)]
    with Table.open(path) as table:
        info = choose_profile_of_host(table, host, wanted or Wanted())
        load_wanted(path, Wanted.exactly(info), raw=True).costs(space)
        if (version := host.version(info.runtime)) != info.version:
            raise InputError(
                f"{info} was measured with version {info.version}, and {version} is there now: "
                f"make a profile of that with `proxyless profile --table {path}` first"
            )
        programs = [network_program(operations) for operations in drawn]
        _check_before_growth(table, info, programs, protocol, host, changed)
        measure_networks(table, info, drawn, protocol, progress, host)
        calibration = calibrate(table, info)
    if calibration is None:
        raise InputError(f"{networks} networks are too few to calibrate with: ask for more")
    return calibration


def measure_networks(
    table: Table,
    info: ProfileInfo,
    networks: Sequence[Sequence[Operation]],
    protocol: Protocol | None = None,
    progress: Progress | None = None,
    host: Host | None = None,
) -> list[str]:
    """Measure whole networks in a profile and return their keys, under which they stay in it."""
    programs = [network_program(operations) for operations in networks]
    for program in programs:
        table.add_program(program.key, "network", program.operations)
    every = list(dict.fromkeys(programs))
    measure_programs(table, info, every, protocol or Protocol(), progress, host)
    return [program.key for program in programs]


def measure_programs(
    table: Table,
    info: ProfileInfo,
    programs: Sequence[Program],
    protocol: Protocol,
    progress: Progress | None = None,
    host: Host | None = None,
) -> None:
    """Make every visit the protocol asks for that the table does not hold yet."""
    host = host or LocalHost()
    wanted = _wanted(programs, protocol)
    anchors = [program.key for program in programs if program.key.startswith("network-")]
    keys = {program.key for program in programs}
    process, planned = 0, protocol.processes
    while process < planned:
        visits = [visit for visit in table.visits(info.id) if visit["program"] in keys]
        made = {(v["round"], v["program"]) for v in visits if v["process"] == process}
        missing = frozenset(wanted - made)
        if missing:
            done = sum((visit["round"], visit["program"]) in wanted for visit in visits)
            sitting = Sitting(process, missing)
            for visit in host.run_sitting(info.runtime, programs, info.settings, sitting):
                table.add_visit(info.id, visit)
                done += 1
                if progress:
                    progress(done, planned * len(wanted))
        process += 1
        if process == planned and planned < protocol.processes + protocol.extra:
            slow = slow_processes(table, info.id, anchors, protocol.tolerance)
            planned = protocol.processes + min(len(slow), protocol.extra)
    if progress:
        progress(planned * len(wanted), planned * len(wanted))


def slow_processes(
    table: Table, profile_id: int, anchors: Iterable[str], tolerance: float
) -> list[int]:
    """Return the processes that found the anchor networks slower than the best process did."""
    best: dict[int, dict[str, float]] = {}
    for visit in table.visits(profile_id):
        if visit["program"] in set(anchors):
            mine = best.setdefault(visit["process"], {})
            key, minimum = visit["program"], visit["minimum_ms"]
            mine[key] = min(minimum, mine.get(key, minimum))
    seen = max(map(len, best.values()), default=0)
    totals = {
        process: sum(minima.values()) for process, minima in best.items() if len(minima) == seen
    }
    if not totals:
        return []
    limit = min(totals.values()) * (1 + tolerance)
    return sorted(process for process, total in totals.items() if total > limit)


def network_program(operations: Sequence[Operation]) -> Program:
    """Return the program that runs a whole network, under a key made of its operations."""
    active = tuple(operation for operation in operations if not operation.free)
    digest = hashlib.sha256("|".join(operation.key for operation in active).encode())
    return Program(f"network-{digest.hexdigest()[:16]}", active)


def _check_before_growth(
    table: Table,
    info: ProfileInfo,
    programs: Sequence[Program],
    protocol: Protocol,
    host: Host,
    changed: Changed | None,
) -> None:
    wanted = _wanted(programs, protocol)
    made = Counter((visit["round"], visit["program"]) for visit in table.visits(info.id))
    complete = all(made[visit] >= protocol.processes for visit in wanted)
    if changed is None or complete or table.calibration(info.id) is None:
        return
    found = check_profile(table, info, host)
    if found.verdict != "as recorded":
        changed(found)


def _wanted(programs: Sequence[Program], protocol: Protocol) -> set[tuple[int, str]]:
    """Return the visits, (round, program), that every process makes."""
    return {(number, program.key) for number in range(protocol.rounds) for program in programs}


def _programs(space: Space, anchors: int) -> list[tuple[str, Program]]:
    networks = [network_program(one.operations) for one in calibration_networks(space, anchors)]
    return [
        ("overhead", OVERHEAD),
        *(("operation", Program(op.key, (op,))) for op in space.operations()),
        *(("network", program) for program in dict.fromkeys(networks)),
    ]
