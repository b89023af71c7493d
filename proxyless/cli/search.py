"""``proxyless search``: find a network for a data set, a device and a target."""

from pathlib import Path
from typing import Annotated

import typer

from ..config import SearchConfig, TaskConfig
from ..nas.search import search as run_search
from ..recipe import Recipe
from ..search_result import device_folders
from ..synchronisation import run_of_worker
from ..tensorboard import with_tensorboard
from . import devices, options, sync as workers
from .output import progress_bar, show
from .search_output import show_found, warn

DEFAULT_TABLE = Path("tables/latency.db")


def search(
    target_ms: devices.TargetsMs = None,
    max_ms: devices.MaxMs = None,
    max_params: options.MaxParams = None,
    max_macs: options.MaxMacs = None,
    max_bytes: options.MaxBytes = None,
    max_peak_memory: options.MaxPeakMemory = None,
    data: options.Data = "digits",
    space: options.SpaceName = "tiny",
    out: Annotated[Path, typer.Option(help="Run directory; an interrupted run continues.")] = Path(
        "runs/search"
    ),
    method: Annotated[
        str,
        typer.Option(
            help="Architecture update: gradient, two-path or reinforce; or a baseline, which "
            "compares networks of a supernet trained uniformly: random or evolution."
        ),
    ] = "gradient",
    latency_loss: Annotated[
        str,
        typer.Option(
            help="How time enters the loss: multiplier (nothing to tune), or as published: "
            "additive, multiplicative."
        ),
    ] = "multiplier",
    table: devices.Tables = [DEFAULT_TABLE],  # noqa: B006
    runtime: devices.Runtimes = None,
    device: devices.Devices = None,
    threads: devices.Threads = None,
    latency_batch: devices.Batches = None,
    dtype: devices.Dtypes = None,
    width: options.Width = None,
    resolution: options.Resolution = None,
    warmup_epochs: Annotated[int, typer.Option(help="Epochs of weights alone.")] = 40,
    epochs: Annotated[int, typer.Option(help="Epochs of search after the warm-up.")] = 120,
    interval: Annotated[int, typer.Option(help="Weight steps an architecture step.")] = 5,
    batch_size: options.BatchSize = 64,
    warmup_learning_rate: Annotated[
        float, typer.Option(help="Peak learning rate of the weights while warming up.")
    ] = 0.05,
    learning_rate: Annotated[
        float, typer.Option(help="Peak learning rate of the weights while searching.")
    ] = 0.025,
    validation_share: Annotated[
        float, typer.Option(help="Share of the training images the architecture learns from.")
    ] = 0.2,
    pareto: Annotated[
        int, typer.Option(help="Also derive so many networks from fast to slow, into RUN/pareto.")
    ] = 0,
    flip: options.Flip = None,
    seed: options.Seed = 0,
    compute: options.Compute = "auto",
    compute_threads: options.ComputeThreads = None,
    precision: options.Precision = "auto",
    checkpoint_seconds: options.CheckpointSeconds = 30.0,
    tensorboard: options.TensorBoard = False,
    sync: workers.Sync = "none",
    delay: workers.Delay = None,
    period: workers.Period = 1,
    codec: workers.Codec = "dense",
    kept: workers.Kept = 0.01,
    paths: workers.Paths = "same",
    timeout: workers.Timeout = 30.0,
    interface: workers.Interface = None,
    transport: workers.Transport = "auto",
    ahead: workers.Ahead = "damped",
    json: options.Json = False,
) -> None:
    """Search a network specialised for a device: within your budgets, for your data.

    Give --target-ms, --max-ms or another budget, alone or together. Latencies come from a table
    made by `proxyless profile`; a missing entry is an error. Several tables, or several runtimes of
    one, are several devices that share a search: a network each, into RUN/1, RUN/2 and so on.
    """
    task = TaskConfig(
        data,
        space,
        width,
        resolution,
        flip,
        batch_size,
        seed,
        compute,
        compute_threads,
        checkpoint_seconds,
        precision,
    )
    config = SearchConfig(
        task,
        devices.device_configs(
            {
                "table": [str(path) for path in table],
                "target_ms": target_ms,
                "max_ms": max_ms,
                "runtime": runtime,
                "device": device,
                "threads": threads,
                "batch": latency_batch,
                "dtype": dtype,
            }
        ),
        max_params=max_params,
        max_macs=max_macs,
        max_bytes=max_bytes,
        max_peak_memory=max_peak_memory,
        method=method,
        latency_loss=latency_loss,
        warmup_epochs=warmup_epochs,
        epochs=epochs,
        architecture_interval=interval,
        validation_share=validation_share,
        warmup_learning_rate=warmup_learning_rate,
        pareto=pareto,
        recipe=Recipe(learning_rate=learning_rate),
        sync=workers.sync_config(
            sync, delay, period, codec, kept, timeout, interface, transport, ahead, paths
        ),
    )
    out = run_of_worker(out)
    with (
        progress_bar(f"search {space}") as update,
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
        show("", {}, True, found[0] if len(found) == 1 else found)
        return
    for number, (result, folder) in enumerate(zip(results, folders, strict=True), 1):
        title = f"Search, device {number} of {len(results)}" if several else "Search"
        show_found(result.summary, folder, title)
