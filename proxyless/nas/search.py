"""The search: checks and costs, the loop, and the files of its results."""

import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from latency import Predictor, find_predictor
from search_spaces import InputError, Space
from search_spaces.memory import supernet_memory

from ..config import DeviceConfig, SearchConfig
from ..constraints.limits import within_peak_memory
from ..constraints.run_costs import RunCosts, costs_digest, load_costs, save_costs
from ..data.opening import open_data
from ..engine.callbacks import Callback, Progress, check_callbacks
from ..engine.compute import prepare_compute
from ..engine.step_memory import check_step_memory
from ..engine.synchronisation import check_synchronisation
from ..runs.found_network import FoundNetwork, save_networks
from ..runs.origin import Origin, space_digest
from ..runs.phase_directory import PhaseDirectory
from .candidates.registry import load_evaluators
from .device_objective import DeviceObjective
from .method import Method
from .search_loop import SearchLoop
from .updates import get_method

LOG = logging.getLogger("proxyless.nas")


def search(
    config: SearchConfig,
    run: Path,
    progress: Progress | None = None,
    callbacks: Sequence[Callback] = (),
) -> list[FoundNetwork]:
    """Search a network for a data set and each of a configuration's devices.

    Continues where ``run`` left off. What is found for a single device is left in ``run``; for
    several, in ``run / "1"`` and so on, each like the run of a search of its own.
    ``progress`` is told (weight steps made, weight steps in all, the epoch's log line or None);
    ``callbacks`` are told more.

    Raises:
        InputError: anything in the configuration, the data, the tables or the run directory that
            cannot work; raised before any training.
    """
    listeners = check_callbacks(callbacks)
    method, device = _method(config), prepare_compute(config.task)
    check_synchronisation(config.sync)
    begun = PhaseDirectory.is_begun(run / "search", config)
    source = open_data(config.task.data)
    space = within_peak_memory(config.task.expand_space(source), config.max_peak_memory)
    load_evaluators(space)
    check_step_memory(
        f"a search of space {space.name}",
        partial(supernet_memory, space),
        int(len(source.train) * (1 - config.validation_share)),
        config.task,
        config.sync,
        device,
    )
    costs = _costs(config, space, run / "search" / "costs.json", begun)
    objectives = _objectives(config, space, costs)
    data = source.load(space.input_shape[1])
    origin = Origin.of(
        "search",
        config,
        space=space_digest(space),
        data=data.digest,
        table=costs_digest(costs),
    )
    directory = PhaseDirectory.start(run / "search", config, origin)
    loop = SearchLoop(config, space, method, objectives, data, directory, device)
    save_costs(costs, directory.path / "costs.json")
    return loop.complete(lambda: _finish(loop, run, directory), progress, listeners)


def _finish(loop: SearchLoop, run: Path, directory: PhaseDirectory) -> list[FoundNetwork]:
    """Write the networks that were found, and return them."""
    networks = loop.results(run.name)
    save_networks(networks, run, directory)
    return networks


def _method(config: SearchConfig) -> type[Method]:
    """Return the class of the method; refuse ``paths`` that it cannot learn from."""
    method = get_method(config.method)
    if method.needs_same_paths and config.sync is not None and config.sync.paths == "own":
        raise InputError(
            f"`method` {config.method!r} needs the same paths everywhere: `paths` same"
        )
    return method


def _costs(config: SearchConfig, space: Space, file: Path, begun: bool) -> list[RunCosts]:
    """Return what an interrupted search began with, or what the tables say now.

    A table may grow or be measured again meanwhile: the search goes on with what it began with, and
    says so.
    """
    if begun and file.exists():
        costs = load_costs(file, space, len(config.devices))
        _note_other_tables(config, space, costs, file)
        return costs
    predictors = [_predictor(device) for device in config.devices]
    try:
        return [RunCosts.of(predictor, space) for predictor in predictors]
    except InputError as error:
        task = config.task
        raise InputError(f"{error}, which is of space {task.space} and data {task.data}") from None


def _note_other_tables(
    config: SearchConfig, space: Space, costs: Sequence[RunCosts], file: Path
) -> None:
    for device, began in zip(config.devices, costs, strict=True):
        if not Path(device.table).exists():
            continue
        try:
            same = costs_digest([RunCosts.of(_predictor(device), space)]) == costs_digest([began])
        except InputError as error:
            LOG.info("table %s cannot be compared with %s: %s", device.table, file, error)
        else:
            if not same:
                LOG.info(
                    "table %s says otherwise than when this search began: it goes on with the "
                    "latencies it began with, those in %s",
                    device.table,
                    file,
                )


def _objectives(
    config: SearchConfig, space: Space, costs: Sequence[RunCosts]
) -> list[DeviceObjective]:
    """Return the objective on each device; blame the cut by peak memory where there is one."""
    try:
        return [
            DeviceObjective.of(config, device, space, device_costs)
            for device, device_costs in zip(config.devices, costs, strict=True)
        ]
    except InputError as error:
        if config.max_peak_memory is None:
            raise
        cut = f"among networks that keep `max_peak_memory` {config.max_peak_memory:g}"
        raise InputError(f"{cut}, {error}") from None


def _predictor(device: DeviceConfig) -> Predictor:
    return find_predictor(Path(device.table), device.profile)
