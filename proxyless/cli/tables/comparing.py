"""``proxyless tables diff``: two profiles side by side."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

import latency
from search_spaces import InputError

from .. import options
from ..columns import Column
from ..group import renames
from ..operation_names import operation_names
from ..output import show, show_json, show_rows
from .arguments import DEFAULT_TABLE, AnyDevice, TableArgument
from .selection import load_any

WHICH = re.compile("`(runtime|device|threads|batch|dtype)`")


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
    wide: options.Wide = False,
    json: options.Json = False,
) -> None:
    """Compare two profiles: which operations are cheap on one and dear on the other.

    Ratios are divided by their geometric mean and sorted: first what is cheapest on the other
    side. Within one table, the other side is what the first is but for the options given.
    """
    one = latency.ProfileQuery(runtime, device, threads, batch, dtype)
    two = latency.ProfileQuery(other_runtime, other_device, other_threads, other_batch, other_dtype)
    if other is None:
        other, two = table, two.or_else(one)
    here = load_any(table, one)
    try:
        there = load_any(other, two)
    except InputError as error:
        raise InputError(WHICH.sub(r"`other_\1`", str(error))) from None
    found = latency.compare(here, there)
    if json:
        sides = {"here": str(found.here), "there": str(found.there)}
        show_json({**asdict(found), **sides})
        return
    with latency.Table.open(here.path) as opened:
        operations = opened.programs(here.info.id, "operation")
    names = operation_names([one.key for one in found.operations], operations)
    show_rows("Operations", found.operations, _columns(names), wide)
    show_rows("Families of blocks", found.families, FAMILIES, wide)
    facts = {
        "here": str(found.here),
        "there": str(found.there),
        "geometric mean of there / here": f"{found.ratio:.4g}",
        "operations compared": len(found.operations),
        "only on one side": len(found.left_out),
    }
    show("Difference", facts, False)


def _columns(names: Mapping[str, str]) -> "list[Column[latency.ComparedOperation]]":
    return [
        Column("operation", lambda one: names[one.key]),
        Column("here ms", lambda one: one.here_ms, numeric=True),
        Column("there ms", lambda one: one.there_ms, numeric=True),
        Column("relative ratio", lambda one: one.relative_ratio, numeric=True, decimals=3),
        Column("key", lambda one: one.key, wide=True),
    ]


FAMILIES: "tuple[Column[latency.ComparedFamily], ...]" = (
    Column("blocks with", lambda one: one.family),
    Column("operations", lambda one: one.operations, numeric=True),
    Column("relative ratio", lambda one: one.relative_ratio, numeric=True, decimals=3),
)
