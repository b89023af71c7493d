"""``proxyless zoo add``: a trained run as a model."""

from pathlib import Path
from typing import Annotated

import typer

from search_spaces.fields import AtLeast, AtMost
from search_spaces.schema import dump

from ... import zoo
from ...deploy.export import FORMATS
from ...deploy.export.checks import INT8_DROP
from .. import options
from ..console import show
from ..progress import working


def add(
    run: options.Run,
    name: Annotated[str, typer.Argument(help="Name of the new model.")],
    folder: Annotated[Path, typer.Option("--zoo", help="Folder of models.")] = Path(
        "exported_models"
    ),
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            metavar="[onnx|onnx-int8|tflite|tflite-int8]",
            help="Only this format; again for each. [default: all]",
        ),
    ] = None,
    max_drop: Annotated[
        float,
        AtLeast(0),
        AtMost(100),
        typer.Option(help="Points of test accuracy that int8 may cost."),
    ] = INT8_DROP,
    data: Annotated[
        str | None, typer.Option(help="Where the images are now, if they have moved.")
    ] = None,
    json: options.Json = False,
) -> None:
    """Export a trained run into a zoo, with its card, measured on this machine."""
    with working("zoo"):
        card = zoo.publish(
            run, name, folder, formats=formats or tuple(FORMATS), max_drop=max_drop, data=data
        )
    facts = {
        entry.name: f"{entry.bytes:,} bytes, {entry.test_accuracy:.2%}" for entry in card.files
    }
    show(f"{folder / name}", facts, json, dump(card))
