"""``proxyless tables diff``: two profiles side by side."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

import latency
from latency.timing.settings import LARGEST_BATCH, MOST_THREADS
from search_spaces import InputError
from search_spaces.fields import AtLeast, AtMost

from .. import options
from ..columns import Column
from ..console import show, show_json, show_rows
from ..group import renames
from ..operation_names import operation_names
from .arguments import DEFAULT_TABLE, AnyDevice, TableArgument
from .selection import load_any

PROFILE_FIELD = re.compile("`(runtime|device|threads|batch|dtype)`")
OtherTable = Annotated[
    Path | None,
    typer.Argument(metavar="OTHER", help="Another table; default: the same.", show_default=False),
]
OtherRuntime = Annotated[str | None, typer.Option(help="Which runtime of the other side.")]
OtherDevice = Annotated[str | None, typer.Option(help="Which device of the other side.")]
OtherThreads = Annotated[
    int | None,
    AtLeast(1),
    AtMost(MOST_THREADS),
    typer.Option(help="Which thread count of the other side."),
]
OtherBatch = Annotated[
    int | None,
    AtLeast(1),
    AtMost(LARGEST_BATCH),
    typer.Option(help="Which batch size of the other side."),
]
OtherDtype = Annotated[str | None, typer.Option(help="Which numbers of the other side.")]


@renames(latency_batch="batch", other_latency_batch="other_batch")
def diff(
    table: TableArgument = DEFAULT_TABLE,
    other: OtherTable = None,
    runtime: options.ChosenRuntime = None,
    device: AnyDevice = None,
    threads: options.ChosenThreads = None,
    batch: options.ChosenBatch = None,
    dtype: options.ChosenDtype = None,
    other_runtime: OtherRuntime = None,
    other_device: OtherDevice = None,
    other_threads: OtherThreads = None,
    other_batch: OtherBatch = None,
    other_dtype: OtherDtype = None,
    wide: options.Wide = False,
    json: options.Json = False,
) -> None:
    """Compare two profiles: which operations are cheap on one and dear on the other.

    Ratios are divided by their geometric mean and sorted: first what is cheapest on the other
    side. Within one table, the other side is what the first is but for the options given.
    """
    query = latency.ProfileQuery(runtime, device, threads, batch, dtype)
    other_query = latency.ProfileQuery(
        other_runtime, other_device, other_threads, other_batch, other_dtype
    )
    if other is None:
        other, other_query = table, other_query.or_else(query)
    here = load_any(table, query)
    try:
        there = load_any(other, other_query)
    except InputError as error:
        raise InputError(PROFILE_FIELD.sub(r"`other_\1`", str(error))) from None
    difference = latency.compare(here, there)
    if json:
        sides = {"here": str(difference.here), "there": str(difference.there)}
        show_json({**asdict(difference), **sides})
    else:
        _show(difference, here, wide)


def _show(difference: latency.Difference, here: latency.Predictor, wide: bool) -> None:
    """Print the operations, their families, and what both sides are."""
    with latency.Table.read(here.path) as opened:
        operations = opened.programs(here.info.id, "operation")
    names = operation_names([row.key for row in difference.operations], operations)
    show_rows("Operations", difference.operations, _columns(names), wide)
    show_rows("Families of blocks", difference.families, FAMILIES, wide)
    facts = {
        "here": str(difference.here),
        "there": str(difference.there),
        "geometric mean of there / here": f"{difference.ratio:.4g}",
        "operations compared": len(difference.operations),
        "only on one side": len(difference.left_out),
    }
    show("Difference", facts, False)


def _columns(names: Mapping[str, str]) -> "list[Column[latency.ComparedOperation]]":
    return [
        Column("operation", lambda row: names[row.key]),
        Column("here ms", lambda row: row.here_ms, numeric=True),
        Column("there ms", lambda row: row.there_ms, numeric=True),
        Column("relative ratio", lambda row: row.relative_ratio, numeric=True, decimals=3),
        Column("key", lambda row: row.key, wide=True),
    ]


FAMILIES: "tuple[Column[latency.ComparedFamily], ...]" = (
    Column("blocks with", lambda row: row.family),
    Column("operations", lambda row: row.operations, numeric=True),
    Column("relative ratio", lambda row: row.relative_ratio, numeric=True, decimals=3),
)
