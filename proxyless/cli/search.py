"""``proxyless search``: find a network for a data set, a device and a target."""

from pathlib import Path
from typing import Annotated

import typer

from ..config import SearchConfig
from . import options
from .config_options import configured
from .given import Given
from .group import renames
from .output import show_json
from .progress import progress_bar
from .search_output import show_found, warn, warn_before
from .sync import SECTION, Sync, sync_settings


@renames(latency_batch="batch", ahead="local_update")
@configured(
    SearchConfig,
    names={"architecture_interval": "interval"},
    sections={
        "task": "Task",
        "devices": "Devices and latencies, once for all devices or once a device",
        "": "Search",
        "recipe": "Weights",
        "sync": SECTION,
    },
    unsaid=("sync.delay",),
)
def search(
    given: Given,
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
    config: SearchConfig = given.resolve(over=sync_settings(sync, given))
    from ..engine.synchronisation import run_of_worker
    from ..engine.tensorboard import with_tensorboard
    from ..nas.search import search as run_search
    from ..runs.run_directory import device_folders

    warn_before(config)
    out = run_of_worker(out)
    with (
        progress_bar(f"search {config.task.space}") as update,
        with_tensorboard(out / "search", tensorboard, update) as progress,
    ):
        results = run_search(config, out, progress)
    several = len(results) > 1
    for number, (result, its) in enumerate(zip(results, config.devices, strict=True), 1):
        warn(result.summary, its.table, f"Device {number}" if several else "")
    folders = device_folders(out, len(results))
    if json:
        found = [
            {"run": str(folder), **result.summary}
            for folder, result in zip(folders, results, strict=True)
        ]
        show_json(found[0] if len(found) == 1 else found)
        return
    for number, (result, folder) in enumerate(zip(results, folders, strict=True), 1):
        title = f"Search, device {number} of {len(results)}" if several else "Search"
        show_found(result.summary, folder, title)
