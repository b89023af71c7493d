"""``proxyless tables``: what a latency table holds."""

from pathlib import Path
from typing import Annotated, Any

import typer

from latency import Table

from . import options
from .output import show_rows


def tables(
    table: Annotated[Path, typer.Argument(help="Latency table.")],
    entries: Annotated[
        bool, typer.Option("--entries", help="Show every operation's statistics.")
    ] = False,
    json: options.Json = False,
) -> None:
    """List the profiles of a latency table, or every entry of them."""
    with Table.open(table) as opened:
        rows: list[dict[str, Any]] = []
        for info in opened.profiles():
            found = opened.entries(info.id)
            address = {
                "runtime": f"{info.runtime} {info.version}",
                "device": str(info.device),
                "fingerprint": info.device.fingerprint,
                "settings": str(info.settings),
            }
            if not entries:
                rows.append({**address, "operations": len(found)})
                continue
            for key, entry in found.items():
                rows.append(
                    {
                        "runtime": info.runtime,
                        "operation": key,
                        "ms": entry.milliseconds,
                        "median ms": entry.median_ms,
                        "spread ms": entry.spread_ms,
                        "samples": entry.samples,
                        "measured": entry.measured_at,
                    }
                )
    show_rows(f"Table {table}", rows, json)
