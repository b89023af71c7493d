"""``proxyless tables check``: whether a device still behaves as recorded."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from math import log
from pathlib import Path

import typer

import latency
from search_spaces.plain_text import quoted

from .. import options
from ..console import show
from ..group import renames
from ..operation_names import operation_names
from .arguments import DEFAULT_TABLE, TableArgument

MOST_REASONS = 10
MENDS = {
    "as recorded": "nothing: the table stands",
    "slower": "close other programs, look at the clock frequency and temperature, check again",
    "faster": "the table was made in a slow hour: profile into a new table",
    "changed": "operations moved apart, as with another library or driver: profile again",
}


@renames(latency_batch="batch", device="host")
def check(
    table: TableArgument = DEFAULT_TABLE,
    runtime: options.ChosenRuntime = None,
    host: options.Host = None,
    remote_python: options.RemotePython = None,
    benchmark_model: options.BenchmarkModel = None,
    threads: options.ChosenThreads = None,
    batch: options.ChosenBatch = None,
    dtype: options.ChosenDtype = None,
    json: options.Json = False,
) -> None:
    """Measure a few entries again and say whether the device still behaves as recorded.

    Before that, rows that cannot be right are sought. Writes nothing. The exit status is 1 where
    there are some, or the device does not.
    """
    if faults := latency.table_faults(table):
        _show_faults(table, faults, json)
        raise typer.Exit(1)
    device_host = latency.get_host(
        host, remote_python=remote_python, benchmark_model=benchmark_model
    )
    query = latency.ProfileQuery(runtime, None, threads, batch, dtype)
    outcome = latency.check(table, query, device_host)
    with latency.Table.read(table) as opened:
        operations = opened.programs(outcome.profile.id, "operation")
    furthest = max(outcome.ratios, key=lambda key: abs(log(outcome.ratios[key] / outcome.drift)))
    names = operation_names([furthest], operations)
    facts = {
        "implausible rows": "none",
        "profile": str(outcome.profile),
        "runtime now": outcome.version_now,
        "other versions": _versions(outcome) or "none",
        "programs measured": len(outcome.ratios),
        "now / recorded": f"{outcome.drift:.3f} (median)",
        "apart by": f"{outcome.spread:.1%} (4 of 5 programs), {2 * outcome.tolerance:.1%} allowed",
        "furthest apart": f"{names[furthest]} ({outcome.ratios[furthest] / outcome.drift:.3f})",
        "verdict": outcome.verdict,
        "to do": MENDS[outcome.verdict],
    }
    show("Check", facts, json, asdict(outcome))
    if outcome.verdict != "as recorded":
        raise typer.Exit(1)


def _show_faults(table: Path, faults: Sequence[latency.Fault], json: bool) -> None:
    """Print how many rows cannot be right, for which reasons, and what to do."""
    reasons = Counter(fault.reason for fault in faults)
    facts = {
        "implausible rows": len(faults),
        "the first": str(faults[0]),
        **{
            f"reason {number}": f"{reason} ({count} rows)"
            for number, (reason, count) in enumerate(reasons.most_common(MOST_REASONS), start=1)
        },
        "to do": f"proxyless tables repair {quoted(table)}",
    }
    data = {"implausible_rows": len(faults), "reasons": dict(reasons), "first": asdict(faults[0])}
    show("Check", facts, json, data)


def _versions(check: latency.Check) -> str:
    return ", ".join(
        f"{name} {before or 'absent'} -> {after or 'absent'}"
        for name, (before, after) in check.libraries.items()
    )
