"""``proxyless tables repair``: implausible rows removed, damaged tables made anew."""

from dataclasses import asdict

import latency

from .. import options
from ..columns import Column
from ..console import show, show_rows
from .arguments import DEFAULT_TABLE, TableArgument

Line = tuple[str, str, int]
"""A profile, what was wrong with rows of it, and how many there were."""
COLUMNS: "tuple[Column[Line], ...]" = (
    Column("rows", lambda row: row[2], numeric=True),
    Column("profile", lambda row: row[0]),
    Column("reason", lambda row: row[1]),
)


def repair(table: TableArgument = DEFAULT_TABLE, json: options.Json = False) -> None:
    """Remove the rows of a table that cannot be right, and say what was removed.

    The table as it was stays beside it, as TABLE.before-repair. Of a damaged table a new one is
    made, of what can be read.
    """
    repaired = latency.repair_table(table)
    lines = [
        (profile, reason, count)
        for profile, counts in repaired.removed.items()
        for reason, count in counts.items()
    ]
    if lines and not json:
        show_rows("Removed", lines, COLUMNS, False)
    facts = {
        "table": str(table),
        "copy of what it was": str(repaired.copy or "none: nothing was wrong"),
        "made anew": "yes, of what could be read" if repaired.rebuilt else "no",
        "rows removed": sum(count for _, _, count in lines),
        "calibrated again": "; ".join(repaired.calibrated) or "none",
        "not calibrated any more": "; ".join(repaired.uncalibrated) or "none",
    }
    copy = None if repaired.copy is None else str(repaired.copy)
    show("Repair", facts, json, {"table": str(table), **asdict(repaired), "copy": copy})
