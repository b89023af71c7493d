"""Profiling: every distinct operation of a space, measured into a table."""

import hashlib
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from search_spaces import Architecture, InputError, Space, Zero
from search_spaces.operation import Operation

from .hosts import Host, LocalHost
from .measure import Sitting
from .runtimes import Program
from .settings import Settings
from .table import ProfileInfo, Table

OVERHEAD = Program("overhead", (Zero(1, 1),))
"""The empty program: what a call costs before it does anything."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Protocol:
    """How much to measure.

    ``processes`` fresh processes each visit every program ``rounds`` times. ``anchors`` whole
    networks are timed among the operations; a process that finds them more than ``tolerance``
    slower than the best process did is made up for by a further one, up to ``extra`` of them. Its
    visits stay: the minimum is none the worse for them.
    """

    processes: int = 3
    rounds: int = 8
    anchors: int = 4
    tolerance: float = 0.05
    extra: int = 3

    def __post_init__(self) -> None:
        for name in ("processes", "rounds"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} {getattr(self, name)} is not at least 1")


def profile(
    space: Space,
    table: Path,
    runtime: str = "onnxruntime",
    settings: Settings | None = None,
    protocol: Protocol | None = None,
    progress: Progress | None = None,
    host: Host | None = None,
) -> ProfileInfo:
    """Measure every distinct operation of ``space`` into ``table`` and say where it went.

    What the table already holds is not measured again, so calling it twice is free and calling it
    after an interruption continues. ``progress`` is told (visits made, visits planned). ``host``
    is where it happens, from :func:`latency.get_host`; without it, this machine.

    Raises:
        InputError: the runtime is unknown or cannot run there, the table cannot be used, or the
            connection to the host is lost; every visit made until then is in the table.
    """
    settings = settings or Settings()
    protocol = protocol or Protocol()
    host = host or LocalHost()
    version, device = host.version(runtime), host.device(runtime)
    libraries = host.libraries(runtime)
    with Table.open(table, create=True) as open_table:
        info = open_table.add_profile(device, runtime, version, settings, libraries)
        programs = _programs(space, protocol.anchors)
        for kind, program in programs:
            open_table.add_program(program.key, kind, program.operations)
        every = [program for _, program in programs]
        measure_programs(open_table, info, every, protocol, progress, host)
    return info


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
    wanted = {(number, program.key) for number in range(protocol.rounds) for program in programs}
    anchors = [program.key for program in programs if program.key.startswith("network-")]
    keys = {program.key for program in programs}
    process, planned = 0, protocol.processes
    while process < planned:
        visits = [visit for visit in table.visits(info.id) if visit["program"] in keys]
        made = {(v["round"], v["program"]) for v in visits if v["process"] == process}
        missing = frozenset(wanted - made)
        if missing:
            done = len(visits)
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


def _programs(space: Space, anchors: int) -> list[tuple[str, Program]]:
    generator = random.Random(0)
    networks = [
        network_program(Architecture.random(space, generator).operations) for _ in range(anchors)
    ]
    return [
        ("overhead", OVERHEAD),
        *(("operation", Program(op.key, (op,))) for op in space.operations()),
        *(("network", program) for program in dict.fromkeys(networks)),
    ]
