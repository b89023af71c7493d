"""``proxyless tables fit``: a table from measured whole networks."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

import latency
from search_spaces.plain_text import quoted

from ...config import SpaceConfig
from .. import options
from ..console import show
from .showing import calibration_facts


def fit(
    measured: Annotated[
        Path,
        typer.Argument(
            help="Columns file and milliseconds, as any spreadsheet saves them.", show_default=False
        ),
    ],
    device: Annotated[str, typer.Option(help="Name of the device it was measured on.")],
    table: options.TablePath = Path("tables/latency.db"),
    space: options.SpaceName = "tiny",
    runtime: Annotated[str, typer.Option(help="What the networks were run with.")] = "unknown",
    threads: options.Threads = 1,
    batch: options.Batch = 1,
    data: options.OptionalData = None,
    width: options.Width = None,
    resolution: options.Resolution = None,
    json: options.Json = False,
) -> None:
    """Fit a table to measured whole networks of a space; ten are a start.

    Beside each file lies its architecture as JSON, as `tables draw` and a run directory leave it.
    """
    expanded = SpaceConfig(data or "", space, width, resolution).expand_space()
    networks = latency.read_networks(measured)
    info, calibration = latency.fit_networks(
        expanded,
        networks,
        table,
        latency.Device.named(device),
        runtime,
        latency.Settings(threads, batch),
    )
    facts = {"table": str(table), "profile": str(info), **calibration_facts(calibration)}
    then = f"proxyless search --table {quoted(table)} --device {info.device.fingerprint}"
    show("Fit", facts, json, {"profile": str(info), **asdict(calibration)}, then)
