"""``proxyless export``: a trained network as a file."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from search_spaces import InputError

from ..deploy.export import FORMATS, Export, export as run_export
from ..deploy.export.checks import INT8_DROP
from . import options
from .output import milliseconds, people, show


def export(
    run: options.Run,
    file_format: Annotated[str, typer.Option("--format", help=f"{', '.join(FORMATS)}.")] = "onnx",
    output: Annotated[
        Path | None, typer.Option(help="File to write; default: model.onnx (say) in the run.")
    ] = None,
    batch: Annotated[str, typer.Option(help="Images a call, or `dynamic` (ONNX only).")] = "1",
    pixels: Annotated[
        bool, typer.Option("--pixels", help="The file takes pixels of 0 to 255 as they are.")
    ] = False,
    data: Annotated[
        str | None, typer.Option(help="Where the images are now, if they have moved.")
    ] = None,
    max_drop: Annotated[
        float, typer.Option(help="Points of test accuracy that int8 may cost.")
    ] = INT8_DROP,
    measure: Annotated[
        bool, typer.Option(help="Time the file here, and write that into it.")
    ] = True,
    json: options.Json = False,
) -> None:
    """Export the trained network of a run, verified before it is left.

    The file's logits are compared with PyTorch's on real images, its accuracy on the test images,
    and what a fresh process finds in it.
    """
    with people.status("export"):
        result = run_export(
            run,
            file_format,
            output,
            batch=_batch(batch),
            pixels=pixels,
            data=data,
            max_drop=max_drop,
            measure=measure,
        )
    show("Export", _facts(result), json, asdict(result))


def _batch(text: str) -> int | None:
    if text == "dynamic":
        return None
    if not text.isdecimal():
        raise InputError(f"--batch {text} is neither a number of images nor `dynamic`")
    return int(text)


def _facts(result: Export) -> dict[str, str]:
    facts = {
        "file": result.path,
        "size": f"{result.bytes / 1e6:.2f} MB",
        "largest difference to PyTorch": f"{result.max_difference:.2g} in a logit, "
        f"over {result.images_checked} images",
        "test accuracy": f"{result.test_accuracy:.2%} (PyTorch {result.pytorch_accuracy:.2%})",
        "in a fresh process": "the same logits to the last bit",
    }
    if result.measured is not None:
        facts["measured here"] = (
            f"{milliseconds(result.measured.best_ms)}, {result.measured.settings}"
        )
    if result.delegation is not None:
        left = ", ".join(sorted(set(result.delegation.left)))
        count = result.delegation.nodes - len(result.delegation.left)
        facts["run by XNNPACK"] = f"{count} of {result.delegation.nodes} nodes" + (
            f"; not {left}" if left else ""
        )
    return facts | {"next": f"proxyless benchmark {result.path}"}
