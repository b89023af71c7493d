"""``proxyless tables diff``: two profiles side by side."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

import latency

from .. import options
from ..group import renames
from ..output import show, show_rows
from .arguments import DEFAULT_TABLE, AnyDevice, TableArgument
from .selection import load_any


@renames(latency_batch="batch", other_latency_batch="other_batch")
def diff(
    table: TableArgument = DEFAULT_TABLE,
    other: Annotated[
        Path | None,
        typer.Argument(
            metavar="OTHER", help="Another table; default: the same.", show_default=False
        ),
    ] = None,
    runtime: options.ChosenRuntime = None,
    device: AnyDevice = None,
    threads: options.ChosenThreads = None,
    batch: options.ChosenBatch = None,
    dtype: options.ChosenDtype = None,
    other_runtime: Annotated[
        str | None, typer.Option(help="Which runtime of the other side.")
    ] = None,
    other_device: Annotated[
        str | None, typer.Option(help="Which device of the other side.")
    ] = None,
    other_threads: Annotated[
        int | None, typer.Option(help="Which thread count of the other side.")
    ] = None,
    other_batch: Annotated[
        int | None, typer.Option(help="Which batch size of the other side.")
    ] = None,
    other_dtype: Annotated[
        str | None, typer.Option(help="Which numbers of the other side.")
    ] = None,
    json: options.Json = False,
) -> None:
    """Compare two profiles: which operations are cheap on one and dear on the other.

    Ratios are divided by their geometric mean and sorted: first what is cheapest on the other
    side. Within one table, the other side is what the first is but for the options given.
    """
    one = latency.Wanted(runtime, device, threads, batch, dtype)
    two = latency.Wanted(other_runtime, other_device, other_threads, other_batch, other_dtype)
    if other is None:
        other, two = table, two.or_else(one)
    here, there = load_any(table, one), load_any(other, two)
    found = latency.compare(here, there)
    if json:
        sides = {"here": str(found.here), "there": str(found.there)}
        show("", {}, True, {**asdict(found), **sides})
        return
    show_rows("Operations", [_row(one) for one in found.operations], False)
    show_rows("Families of blocks", [_family(one) for one in found.families], False)
    facts = {
        "here": str(found.here),
        "there": str(found.there),
        "geometric mean of there / here": f"{found.ratio:.4g}",
        "operations compared": len(found.operations),
        "only on one side": len(found.left_out),
    }
    show("Difference", facts, False)


def _row(one: latency.ComparedOperation) -> dict[str, Any]:
    return {
        "operation": one.key,
        "label": one.label,
        "here ms": one.here_ms,
        "there ms": one.there_ms,
        "relative ratio": one.relative_ratio,
    }


def _family(one: latency.ComparedFamily) -> dict[str, Any]:
    return {
        "blocks with": one.family,
        "operations": one.operations,
        "relative ratio": one.relative_ratio,
    }
