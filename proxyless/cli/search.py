"""``proxyless search``: find a network for a data set, a device and a target."""

from pathlib import Path
from typing import Annotated

import typer

from search_spaces.schema import dump

from ..config import SearchConfig
from . import options
from .config_options import configured
from .config_sources import ConfigSources
from .console import show_json
from .group import renames
from .progress import progress_bar
from .search_output import show_found, warn, warn_before
from .sync import SECTION, Sync, sync_settings


@renames(latency_batch="batch")
@configured(
    SearchConfig,
    sections={
        "task": "Task",
        "devices": "Devices and latencies, once for all devices or once a device",
        "": "Search",
        "recipe": "Weights",
        "sync": SECTION,
    },
    hidden_defaults=("sync.delay",),
)
def search(
    sources: ConfigSources,
    out: Annotated[Path, typer.Option(help="Run directory; an interrupted run continues.")] = Path(
        "runs/search"
    ),
    sync: Sync = None,
    tensorboard: options.TensorBoard = False,
    json: options.Json = False,
) -> None:
    """Search a network specialised for a device: within your budgets, for your data.

    Give --target-ms, --max-ms or another budget, alone or together. Latencies come from a table
    made by `proxyless profile`; a missing entry is an error. Several tables, or several runtimes of
    one, are several devices that share a search: a network each, into RUN/1, RUN/2 and so on.
    """
    config: SearchConfig = sources.resolve(over=sync_settings(sync, sources))
    from ..engine.synchronisation import worker_run
    from ..engine.tensorboard import TensorBoard
    from ..nas.search import search as run_search
    from ..runs.run_directory import device_folders

    warn_before(config)
    out = worker_run(out)
    callbacks = [TensorBoard(out / "search")] if tensorboard else []
    with progress_bar(f"search {config.task.space}") as progress:
        networks = run_search(config, out, progress, callbacks)
    several = len(networks) > 1
    for number, (network, device) in enumerate(zip(networks, config.devices, strict=True), 1):
        warn(network.result, device.table, f"Device {number}" if several else "")
    folders = device_folders(out, len(networks))
    if json:
        results = [
            {"run": str(folder), **dump(network.result)}
            for folder, network in zip(folders, networks, strict=True)
        ]
        show_json(results if several else results[0])
        return
    for number, (network, folder) in enumerate(zip(networks, folders, strict=True), 1):
        title = f"Search, device {number} of {len(networks)}" if several else "Search"
        show_found(network.result, folder, title)
