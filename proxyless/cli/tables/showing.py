"""``proxyless tables show``: every entry of one profile, and how far to trust it."""

from collections.abc import Mapping
from dataclasses import asdict
from operator import itemgetter
from typing import TypedDict

from latency import Calibration, ProfileQuery, Table

from .. import options
from ..columns import Column
from ..console import show, show_json, show_rows
from ..group import renames
from ..operation_names import operation_names
from .arguments import DEFAULT_TABLE, TableArgument
from .selection import load_any


class EntryFacts(TypedDict):
    """What is told of an entry, by the names that ``--json`` has."""

    operation: str
    milliseconds: float
    corrected_ms: float | None
    standard_deviation: float | None
    median_ms: float
    spread_ms: float
    samples: int
    processes: int
    measured_at: str


@renames(latency_batch="batch")
def show_(
    table: TableArgument = DEFAULT_TABLE,
    runtime: options.ChosenRuntime = None,
    device: options.ChosenDevice = None,
    threads: options.ChosenThreads = None,
    batch: options.ChosenBatch = None,
    dtype: options.ChosenDtype = None,
    wide: options.Wide = False,
    json: options.Json = False,
) -> None:
    """Show every entry of a profile, raw and corrected, and the error of its predictions.

    Corrected milliseconds are what an operation adds to a network, call overhead excluded.
    """
    predictor = load_any(table, ProfileQuery(runtime, device, threads, batch, dtype))
    with Table.read(table) as opened:
        foreign = opened.entries(predictor.info.id, "foreign")
        operations = opened.programs(predictor.info.id, "operation")
    corrections = predictor.calibration.corrections if predictor.calibration else {}
    rows: list[EntryFacts] = []
    for key, entry in (predictor.entries | foreign).items():
        corrected = corrections.get(key)
        rows.append(
            {
                "operation": key,
                "milliseconds": entry.milliseconds,
                "corrected_ms": corrected[0] if corrected else None,
                "standard_deviation": corrected[1] if corrected else None,
                "median_ms": entry.median_ms,
                "spread_ms": entry.spread_ms,
                "samples": entry.samples,
                "processes": entry.processes,
                "measured_at": entry.measured_at,
            }
        )
    if json:
        facts = {"profile": str(predictor.info), "overhead_ms": predictor.overhead}
        calibration = asdict(predictor.calibration) if predictor.calibration else None
        show_json({**facts, "calibration": calibration, "entries": rows})
        return
    names = operation_names([row["operation"] for row in rows], operations)
    show_rows(str(predictor.info), rows, _columns(names), wide)
    if predictor.calibration:
        show("Calibration", calibration_facts(predictor.calibration), False)


def _columns(names: Mapping[str, str]) -> list[Column[EntryFacts]]:
    return [
        Column("operation", lambda row: names[row["operation"]]),
        Column("raw ms", itemgetter("milliseconds"), numeric=True),
        Column("corrected ms", itemgetter("corrected_ms"), numeric=True),
        Column("± ms", itemgetter("standard_deviation"), numeric=True),
        Column("spread ms", itemgetter("spread_ms"), numeric=True),
        Column("median ms", itemgetter("median_ms"), numeric=True, wide=True),
        Column("samples", itemgetter("samples"), numeric=True, wide=True),
        Column("processes", itemgetter("processes"), numeric=True, wide=True),
        Column("measured at", itemgetter("measured_at"), wide=True),
        Column("key", itemgetter("operation"), wide=True),
    ]


def calibration_facts(calibration: Calibration) -> dict[str, str]:
    """Return the facts of a calibration that are printed, by name."""
    held_out, raw = calibration.held_out, calibration.raw
    floor = calibration.noise_floor
    return {
        "networks measured": str(calibration.networks),
        "mean error, each left out": f"{held_out.mape:.2f} %"
        + (f" (uncorrected {raw.mape:.2f} %)" if raw else ""),
        "9 in 10 are within": f"{calibration.relative_error():.1%}"
        f" ({calibration.fit_error.half_width():.1%} measured at the same time)",
        "bias": f"{held_out.bias:+.2f} %" + (f" (uncorrected {raw.bias:+.2f} %)" if raw else ""),
        "root mean squared error": f"{held_out.rmse:.4g} ms",
        "within 5 %, 10 %": f"{held_out.within_5:.0f} %, {held_out.within_10:.0f} % of networks",
        "rank correlation": _correlations(held_out.spearman, held_out.kendall),
        "measured twice they differ by": "unknown" if floor is None else f"{floor:.2f} %",
        "call overhead": f"{calibration.overhead_ms:.4g} ms",
    }


def _correlations(spearman: float | None, kendall: float | None) -> str:
    if spearman is None or kendall is None:
        return "unknown"
    return f"{spearman:.3f} (Spearman), {kendall:.3f} (Kendall)"
