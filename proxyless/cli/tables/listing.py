"""``proxyless tables list``: the profiles of a latency table."""

from typing import TypedDict

from latency import ProfileInfo, Table

from .. import options
from ..columns import Column
from ..console import show_json, show_rows
from .arguments import DEFAULT_TABLE, TableArgument

Facts = TypedDict(
    "Facts",
    {
        "runtime": str,
        "device": str,
        "settings": str,
        "method": str,
        "operations": int,
        "networks": int,
        "finished": bool,
        "error %": float | None,
    },
)
"""What is told of a profile, by the names that ``--json`` has."""


def list_(
    table: TableArgument = DEFAULT_TABLE,
    wide: options.Wide = False,
    json: options.Json = False,
) -> None:
    """List the profiles of a latency table: device, runtime, settings, error."""
    with Table.read(table) as opened:
        rows = [(info, _facts(opened, info)) for info in opened.profiles()]
    if json:
        show_json([facts for _, facts in rows])
    else:
        all_measured = all(info.method == "measured" for info, _ in rows)
        show_rows(f"Table {table}", rows, _columns(all_measured), wide)


def _facts(opened: Table, info: ProfileInfo) -> Facts:
    calibration = opened.calibration(info.id)
    return {
        "runtime": f"{info.runtime} {info.version}",
        "device": f"{info.device} {info.device.fingerprint}",
        "settings": str(info.settings),
        "method": info.method,
        "operations": len(opened.entries(info.id)),
        "networks": len(opened.entries(info.id, "network")),
        "finished": info.finished,
        "error %": calibration.held_out.mape if calibration else None,
    }


def _error(row: tuple[ProfileInfo, Facts]) -> float | str | None:
    """Return the mean error of predictions; a profile without calibration has none."""
    if not row[0].finished:
        return "unfinished"
    known = row[1]["error %"]
    return "unknown" if known is None and row[0].method == "measured" else known


def _columns(all_measured: bool) -> list[Column[tuple[ProfileInfo, Facts]]]:
    """Return the columns; one tells how profiles came to be, where not all were measured."""
    return [
        Column("device", lambda row: row[0].device),
        Column("fingerprint", lambda row: row[0].device.fingerprint, wide=True),
        Column("runtime", lambda row: row[1]["runtime"].strip(), whole=True),
        Column("threads", lambda row: row[0].settings.threads, numeric=True),
        Column("batch", lambda row: row[0].settings.batch, numeric=True),
        Column("dtype", lambda row: row[0].settings.dtype, whole=True),
        Column("method", lambda row: row[0].method, wide=all_measured),
        Column("operations", lambda row: row[1]["operations"], numeric=True, wide=True),
        Column("networks", lambda row: row[1]["networks"], numeric=True, wide=True),
        Column("error %", _error, numeric=True, decimals=2),
    ]
