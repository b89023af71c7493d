"""Profiling: every distinct operation of a space, measured into a table."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from search_spaces import InputError, Space
from search_spaces.graphs.lowerable import check_lowerable
from search_spaces.memory import check_memory, running_memory
from search_spaces.plain_text import quoted
from search_spaces.renamed import renamed_arguments
from search_spaces.resources import DType, peak_activation_bytes

from ..estimation.calibration import calibrate
from ..hosts import Host, LocalHost
from ..prediction.predictor import choose_profile_of_host, find_predictor
from ..prediction.profile_query import ProfileQuery
from ..runtimes import FileRuntime, Program, get_runtime
from ..tables.records import Calibration, ProfileInfo
from ..tables.table import Table
from ..timing.device import Device
from ..timing.settings import Settings
from .checking import Check, check_profile
from .network_sampling import calibration_networks
from .programs import (
    OVERHEAD,
    Progress,
    measure_networks,
    measure_programs,
    network_program,
    planned_measurements,
)
from .protocol import Protocol

Changed = Callable[[Check], None]
"""Called if a device has changed since the calibration of a profile that is to be extended."""


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
    """Measure every distinct operation of ``space`` into ``table``, and return the profile.

    What the table already holds is not measured again, so a second call measures nothing, and a
    call after an interruption continues. ``progress`` is called with the number of measurements
    made and planned. ``host``, from :func:`latency.get_host`, is the device, by default this
    machine. With ``changed``, a few entries of a calibrated profile are measured again before it
    is extended, and ``changed`` is called if they differ, because entries of two regimes would add
    up to wrong predictions.

    A new profile is unfinished until all is measured, and predictions do not use it till then. If
    nothing could be measured, it leaves nothing behind.

    Raises:
        InputError: the runtime is unknown, or cannot run on the host or run such operations, the
            images of a call do not fit into the device's memory, the table cannot be used, or the
            connection to the host is lost; every measurement made until then is in the table.
    """
    settings = settings or Settings()
    protocol = protocol or Protocol()
    host = host or LocalHost()
    if isinstance(get_runtime(runtime), FileRuntime):
        check_lowerable(space.operations(), f"file for {runtime}")
    if isinstance(host, LocalHost):
        _check_memory(space, settings.batch)
    version, device = host.version(runtime), host.device(runtime)
    _check_device_memory(space, settings, device)
    libraries = host.libraries(runtime)
    with Table.open(table, create=True) as open_table:
        programs = _programs(space, protocol.calibration_networks)
        with _begun(open_table, device, runtime, version, settings, libraries) as info:
            with open_table.transaction():
                for program, kind in programs.items():
                    open_table.add_program(program.key, kind, program.operations)
            _check_before_growth(open_table, info, list(programs), protocol, host, changed)
            measure_programs(open_table, info, list(programs), protocol, progress, host)
            calibrate(open_table, info)
    return info


@contextmanager
def _begun(
    table: Table,
    device: Device,
    runtime: str,
    version: str,
    settings: Settings,
    libraries: dict[str, str],
) -> Iterator[ProfileInfo]:
    """Add a profile, unfinished until the block ends; one without measurements is removed."""
    with table.transaction():
        before = {info.id for info in table.profiles()}
        info = table.add_profile(device, runtime, version, settings, libraries)
        if info.id not in before:
            table.set_unfinished(info.id)
    try:
        yield info
    except BaseException:
        with table.transaction():
            if info.id in table.unfinished() and not table.measurements(info.id):
                table.remove_profile(info.id)
        raise
    table.set_unfinished(info.id, False)


def _check_device_memory(space: Space, settings: Settings, device: Device) -> None:
    """Refuse images a call whose activations the device's memory cannot hold."""
    dtype: DType = "int8" if settings.dtype == "int8" else "float32"
    largest = max(
        peak_activation_bytes(operation, dtype, settings.batch) for operation in space.operations()
    )
    if device.memory_bytes and largest > device.memory_bytes:
        raise InputError(
            f"`batch` {settings.batch} needs {largest / 2**30:,.1f} GiB for one operation of "
            f"{space.name}, and {device} has {device.memory_bytes / 2**30:,.1f} GiB of memory: "
            "give fewer images a call"
        )


@renamed_arguments(wanted="query")
def profile_networks(
    space: Space,
    path: Path,
    networks: int = 20,
    query: ProfileQuery | None = None,
    protocol: Protocol | None = None,
    progress: Progress | None = None,
    host: Host | None = None,
    changed: Changed | None = None,
) -> Calibration:
    """Measure so many whole networks of a space and calibrate the host's profile with them.

    Networks that the profile already holds count, and are not measured again. ``query`` selects
    among several profiles of the host; ``changed`` is as in :func:`profile`.

    Raises:
        InputError: no profile fits (see ``load_predictor``), it lacks operations of the space, or
            it was made with another version of the runtime.
    """
    host = host or LocalHost()
    protocol = protocol or Protocol()
    drawn = [architecture.operations for architecture in calibration_networks(space, networks)]
    with Table.open(path) as table:
        info = choose_profile_of_host(table, host, query or ProfileQuery())
        find_predictor(path, ProfileQuery.exactly(info), raw=True).costs(space)
        if (version := host.version(info.runtime)) != info.version:
            raise InputError(
                f"{info} was measured with version {info.version}, and {version} is there now: "
                f"make a profile of that with `proxyless profile --table {quoted(path)}` first"
            )
        programs = [network_program(operations) for operations in drawn]
        _check_before_growth(table, info, programs, protocol, host, changed)
        measure_networks(table, info, drawn, protocol, progress, host)
        calibration = calibrate(table, info)
    if calibration is None:
        raise InputError(f"{networks} networks are too few to calibrate with: ask for more")
    return calibration


def _check_before_growth(
    table: Table,
    info: ProfileInfo,
    programs: Sequence[Program],
    protocol: Protocol,
    host: Host,
    changed: Changed | None,
) -> None:
    measured = table.measurements(info.id, {program.key for program in programs})
    repetitions = Counter((earlier.round, earlier.program) for earlier in measured)
    planned = planned_measurements(programs, protocol)
    complete = all(repetitions[measurement] >= protocol.processes for measurement in planned)
    if changed is None or complete or table.calibration(info.id) is None:
        return
    result = check_profile(table, info, host)
    if result.verdict != "as recorded":
        changed(result)


def _check_memory(space: Space, batch: int) -> None:
    """Refuse to measure what does not fit into this machine's memory, before it is in a table."""
    for operation in space.operations():
        subject = f"measuring {operation.label} of space {space.name}, `batch` {batch},"
        check_memory(running_memory(operation, batch), subject)


def _programs(space: Space, networks: int) -> dict[Program, str]:
    """Return the programs of a space by kind: overhead, operations, whole networks."""
    calibrating = calibration_networks(space, networks)
    return {
        OVERHEAD: "overhead",
        **{Program(operation.key, (operation,)): "operation" for operation in space.operations()},
        **{network_program(network.operations): "network" for network in calibrating},
    }
