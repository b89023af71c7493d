"""``proxyless tables draw``: whole networks to measure, for devices that run nothing smaller."""

from pathlib import Path
from typing import Annotated

import typer

from latency.profiling.protocol import MOST_NETWORKS
from search_spaces.fields import AtLeast, AtMost

from ...config import SpaceConfig
from .. import options
from ..console import show


def draw(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Folder to write to.", show_default=False)
    ],
    space: options.SpaceName = "tiny",
    networks: Annotated[
        int, AtLeast(1), AtMost(MOST_NETWORKS), typer.Option(help="Whole networks to write.")
    ] = 20,
    file_format: Annotated[
        str, typer.Option("--format", metavar="[onnx|tflite]", help="Of the files.")
    ] = "onnx",
    batch: options.Batch = 1,
    data: options.OptionalData = None,
    width: options.Width = None,
    resolution: options.Resolution = None,
    json: options.Json = False,
) -> None:
    """Write the networks of a space that say most about a device, and a list to fill in.

    Run each file on the device, write its milliseconds into networks.csv, then `tables fit`.
    """
    from latency import draw_networks
    from latency.profiling.whole_networks import LIST as NETWORKS_LIST

    expanded = SpaceConfig(data or "", space, width, resolution).expand_space()
    files = draw_networks(expanded, folder, networks, file_format, batch)
    facts = {
        "networks": len(files),
        "list": str(folder / NETWORKS_LIST),
        "next": "measure each, fill in the list, then `proxyless tables fit`",
    }
    show("Draw", facts, json, {**facts, "files": [str(file) for file in files]})
