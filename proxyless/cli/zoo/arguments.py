"""Arguments that several actions share, and the zoo they mean."""

from pathlib import Path
from typing import Annotated

import typer

from ...zoo import Zoo

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of a model.", show_default=False)]
Folder = Annotated[
    Path | None, typer.Option("--zoo", help="Folder of models; without it, the package's own.")
]


def zoo_in(folder: Path | None) -> Zoo:
    """Return the zoo in a folder; without one, the package's own."""
    return Zoo(folder) if folder is not None else Zoo.built_in()
