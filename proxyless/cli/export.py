"""``proxyless export``: a trained network as a file."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from ..export import export as run_export
from . import options
from .output import show


def export(
    run: options.Run,
    file_format: Annotated[str, typer.Option("--format", help="onnx or tflite.")] = "onnx",
    output: Annotated[
        Path | None, typer.Option(help="File to write; default: model.FORMAT in the run.")
    ] = None,
    json: options.Json = False,
) -> None:
    """Export the trained network of a run, and check it against PyTorch on real images."""
    result = run_export(run, file_format, output)
    facts = {
        "file": result.path,
        "size": f"{result.bytes / 1e6:.2f} MB",
        "largest difference to PyTorch": f"{result.max_difference:.2g} in a logit, "
        f"over {result.images_checked} images",
        "next": f"proxyless benchmark {result.path}",
    }
    show("Export", facts, json, asdict(result))
