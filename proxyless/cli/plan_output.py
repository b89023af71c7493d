"""What `proxyless plan` prints: tables and a command, or plain data for ``--json``."""

from collections.abc import Mapping
from dataclasses import asdict

from ..distributed.plan import RULE, Forecast, Plan, Simulation
from .columns import Column
from .console import print_lines, show, show_rows


def show_plan(planned: Plan, simulated: Mapping[str, Simulation], scalability: float) -> None:
    """Print the schedules side by side, what is recommended, and the command for it."""
    delayed = planned.delayed
    title = f"{delayed.conditions.workers} workers, {_codec(delayed)} payloads"
    show_rows(title, list(planned.rows.items()), _columns())
    if simulated:
        title = f"Simulated, {simulated['delayed'].rounds} rounds"
        show_rows(title, list(simulated.items()), _simulated_columns())
    show("Plan", _facts(planned, scalability), False)
    print_lines([planned.command])


def as_data(planned: Plan, simulated: Mapping[str, Simulation]) -> dict[str, object]:
    """Return all of it as plain data, in seconds, bytes and bits."""
    rows = {name: _forecast_data(forecast) for name, forecast in planned.rows.items()}
    for name, simulation in simulated.items():
        rows[name]["simulated"] = asdict(simulation)
    return {
        **rows,
        "recommended": _forecast_data(planned.recommended),
        "rule": RULE,
        "least_steps": planned.least_steps,
        "required_bits_per_second": planned.required_bits_per_second,
        "required_one_way_seconds": planned.required_one_way_seconds,
        "command": planned.command,
    }


def count(number: int) -> str:
    """Write a whole number that may be astronomical."""
    return f"{number:,}" if number < 10**9 else f"{number:.1e}"


def _columns() -> list[Column[tuple[str, Forecast]]]:
    return [
        Column("schedule", lambda row: row[0]),
        Column("delay", lambda row: row[1].schedule.delay, numeric=True),
        Column("period", lambda row: row[1].schedule.period, numeric=True),
        Column("exchange ms", lambda row: 1e3 * row[1].exchange_seconds, True, decimals=1),
        Column("waiting ms/step", lambda row: 1e3 * row[1].waiting_seconds, True, decimals=1),
        Column("scalability", lambda row: row[1].scalability, True, decimals=3),
        Column("Mb/s", lambda row: row[1].sent_bits_per_second / 1e6, True, decimals=1),
    ]


def _simulated_columns() -> list[Column[tuple[str, Simulation]]]:
    return [
        Column("schedule", lambda row: row[0]),
        Column("waiting ms/step", lambda row: 1e3 * row[1].waiting_seconds, True, decimals=1),
        Column("scalability", lambda row: row[1].scalability, True, decimals=3),
        Column("longest wait ms", lambda row: 1e3 * row[1].longest_wait_seconds, True, decimals=1),
    ]


def _facts(planned: Plan, scalability: float) -> dict[str, object]:
    chosen = planned.recommended
    bandwidth, one_way = planned.required_bits_per_second, planned.required_one_way_seconds
    schedule = f"delay {chosen.schedule.delay}, period {chosen.schedule.period}"
    ahead = chosen.schedule.steps_ahead
    return {
        f"synchronous at {scalability:g} needs": (
            "no bandwidth is enough at this latency"
            if bandwidth is None
            else f"{bandwidth / 1e6:,.1f} Mb/s at this latency"
        ),
        "or": (
            "no latency is low enough at this bandwidth"
            if one_way is None
            else f"a round trip of {2e3 * one_way:.3g} ms at this bandwidth"
        ),
        "recommended": f"{schedule}, {_codec(chosen)}: scalability {chosen.scalability:.3f}",
        "because": RULE,
        "steps ahead": ahead,
        "exchanges in flight": f"{chosen.in_flight:.1f}",
        "proved harmless": f"for more than {count(planned.least_steps)} steps of training, up to a "
        "constant: d < O(N^1/4 J^-3/4)",
    }


def _codec(forecast: Forecast) -> str:
    return forecast.codec.name + (
        f" {100 * forecast.codec.kept:g} %" if forecast.codec.kept < 1 else ""
    )


def _forecast_data(forecast: Forecast) -> dict[str, object]:
    return {
        "delay": forecast.schedule.delay,
        "period": forecast.schedule.period,
        "steps_ahead": forecast.schedule.steps_ahead,
        "codec": forecast.codec.name,
        "kept": forecast.codec.kept,
        "sent_bytes": forecast.sent_bytes,
        "transmission_seconds": forecast.transmission_seconds,
        "exchange_seconds": forecast.exchange_seconds,
        "waiting_seconds": forecast.waiting_seconds,
        "scalability": forecast.scalability,
        "sent_bits_per_second": forecast.sent_bits_per_second,
        "in_flight": forecast.in_flight,
    }
