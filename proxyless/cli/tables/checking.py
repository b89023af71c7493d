"""``proxyless tables check``: whether a device still behaves as recorded."""

from dataclasses import asdict
from math import log

import typer

import latency

from .. import options
from ..group import renames
from ..operation_names import operation_names
from ..output import show
from .arguments import DEFAULT_TABLE, TableArgument

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

    Writes nothing. The exit status is 1 where it does not.
    """
    there = latency.get_host(host, remote_python=remote_python, benchmark_model=benchmark_model)
    wanted = latency.ProfileQuery(runtime, None, threads, batch, dtype)
    found = latency.check(table, wanted, there)
    with latency.Table.open(table) as opened:
        operations = opened.programs(found.profile.id, "operation")
    furthest = max(found.ratios, key=lambda key: abs(log(found.ratios[key] / found.drift)))
    names = operation_names([furthest], operations)
    facts = {
        "profile": str(found.profile),
        "runtime now": found.version_now,
        "other versions": _versions(found) or "none",
        "programs measured": len(found.ratios),
        "now / recorded": f"{found.drift:.3f} (median)",
        "apart by": f"{found.spread:.1%} (4 of 5 programs), {2 * found.tolerance:.1%} allowed",
        "furthest apart": f"{names[furthest]} ({found.ratios[furthest] / found.drift:.3f})",
        "verdict": found.verdict,
        "to do": MENDS[found.verdict],
    }
    show("Check", facts, json, asdict(found))
    if found.verdict != "as recorded":
        raise typer.Exit(1)


def _versions(found: latency.Check) -> str:
    return ", ".join(
        f"{name} {before or 'absent'} -> {after or 'absent'}"
        for name, (before, after) in found.libraries.items()
    )
