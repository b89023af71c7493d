"""``proxyless search``: find a network for a data set, a device and a target."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ..config import SearchConfig, TaskConfig
from ..recipe import Recipe
from ..search import search as run_search
from ..tensorboard import with_tensorboard
from . import options
from .output import milliseconds, people, progress_bar, show, show_rows, with_error


def search(
    target_ms: Annotated[
        float | None,
        typer.Option(help="Latency the network shall have on the profiled device, in ms."),
    ] = None,
    max_ms: Annotated[
        float | None, typer.Option(help="Latency it may have at most; made use of.")
    ] = None,
    max_params: options.MaxParams = None,
    max_macs: options.MaxMacs = None,
    max_bytes: options.MaxBytes = None,
    max_peak_memory: options.MaxPeakMemory = None,
    data: options.Data = "digits",
    space: options.SpaceName = "tiny",
    table: options.TablePath = Path("tables/latency.db"),
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
    runtime: options.ChosenRuntime = None,
    device: options.ChosenDevice = None,
    threads: options.ChosenThreads = None,
    latency_batch: options.ChosenBatch = None,
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
    checkpoint_seconds: options.CheckpointSeconds = 30.0,
    tensorboard: options.TensorBoard = False,
    json: options.Json = False,
) -> None:
    """Search a network specialised for a device: within your budgets, for your data.

    Give --target-ms, --max-ms or another budget, alone or together. Latencies come from a table
    made by `proxyless profile`; a missing entry is an error.
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
    )
    config = SearchConfig(
        task,
        str(table),
        target_ms=target_ms,
        max_ms=max_ms,
        max_params=max_params,
        max_macs=max_macs,
        max_bytes=max_bytes,
        max_peak_memory=max_peak_memory,
        runtime=runtime,
        device=device,
        threads=threads,
        latency_batch=latency_batch,
        method=method,
        latency_loss=latency_loss,
        warmup_epochs=warmup_epochs,
        epochs=epochs,
        architecture_interval=interval,
        validation_share=validation_share,
        warmup_learning_rate=warmup_learning_rate,
        pareto=pareto,
        recipe=Recipe(learning_rate=learning_rate),
    )
    with (
        progress_bar(f"search {space}") as update,
        with_tensorboard(out / "search", tensorboard, update) as progress,
    ):
        result = run_search(config, out, progress)
    found = result.summary
    if not found["converged"]:
        people.print(
            f"The search has not converged: the chosen paths have a mean probability of "
            f"{found['confidence']:.2f}. More epochs or a smaller --interval make it surer."
        )
    for sentence in table_warnings(found, table):
        people.print(sentence)
    facts = {
        "run": str(out),
        "network": " ".join(found["architecture"]),
        **{
            one["option"]: f"{one['limit']:,g} {one['unit']}; the network: {one['derived']:,.6g}"
            for one in found["budgets"]
        },
        "predicted": with_error(found["predicted_ms"], found["relative_error"]),
        "reachable": f"{found['fastest_ms']:.4g} to {milliseconds(found['slowest_ms'])}",
        "on": found["profile"],
        "parameters": f"{found['parameters']:,}",
        "MACs": f"{found['macs']:,}",
        "peak memory": f"{found['peak_memory']:,} bytes of activations",
        "confidence": f"{found['confidence']:.2f}",
        "with the supernet's weights": f"{found['supernet_accuracy']:.1%} of held-out images",
        "next": f"proxyless train {out}",
    }
    show("Search", facts, json, {"run": str(out), **found})
    if found["pareto"] and not json:
        show_rows("From fast to slow", pareto_rows(found["pareto"], out), json)


def pareto_rows(points: Sequence[Mapping[str, Any]], run: Path) -> list[dict[str, object]]:
    """Return the rows of a table of networks along the time axis."""
    return [
        {
            "run": str(run / "pareto" / f"{number}"),
            "predicted ms": point["predicted_ms"],
            "with the supernet's weights": f"{point['supernet_accuracy']:.1%}",
            "dominated": "yes" if point["dominated"] else "",
        }
        for number, point in enumerate(points, 1)
    ]


def table_warnings(found: Mapping[str, Any], table: Path) -> list[str]:
    """Say where a network may measure above its target because its table is not good enough."""
    if found["target_ms"] is None:
        return []
    margin = found["target_ms"] / found["predicted_ms"] - 1
    error = found["relative_error"]
    if error is None:
        return [
            f"Table {table} states no error: nothing is known of how far its predictions are off. "
            f"`proxyless tables calibrate {table}` finds out."
        ]
    if error > margin:
        return [
            f"The table's predictions are off by up to {error:.1%} (9 in 10 networks), and this "
            f"one is {margin:.1%} below its target: it may measure above it. A smaller budget "
            f"leaves room, `proxyless tables calibrate {table} --networks 20` narrows the error."
        ]
    return []
