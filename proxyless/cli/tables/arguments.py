"""Arguments that several actions share."""

from pathlib import Path
from typing import Annotated

import typer

TableArgument = Annotated[Path, typer.Argument(help="Latency table.", show_default=False)]
