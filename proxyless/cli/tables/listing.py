"""``proxyless tables list``: the profiles of a latency table."""

from latency import Table

from .. import options
from ..output import show_rows
from .arguments import DEFAULT_TABLE, TableArgument


def list_(
    table: TableArgument = DEFAULT_TABLE,
    json: options.Json = False,
) -> None:
    """List the profiles of a latency table: device, runtime, settings, error."""
    rows = []
    with Table.open(table) as opened:
        for info in opened.profiles():
            calibration = opened.calibration(info.id)
            rows.append(
                {
                    "runtime": f"{info.runtime} {info.version}",
                    "device": f"{info.device} {info.device.fingerprint}",
                    "settings": str(info.settings),
                    "method": info.method,
                    "operations": len(opened.entries(info.id)),
                    "networks": len(opened.entries(info.id, "network")),
                    "error %": calibration.held_out.mape if calibration else None,
                }
            )
    show_rows(f"Table {table}", rows, json)
