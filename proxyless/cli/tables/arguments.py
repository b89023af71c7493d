"""Arguments that several actions share."""

from pathlib import Path
from typing import Annotated

import typer

TableArgument = Annotated[
    Path, typer.Argument(metavar="TABLE", help="Latency table.", show_default=False)
]
AnyDevice = Annotated[
    str | None,
    typer.Option(
        "--device",
        help="Which device of the table, by name or fingerprint; without it, the only one there "
        "is, or this machine.",
    ),
]
DrawnDevice = Annotated[
    str | None,
    typer.Option("--device", help="Only this device, by name or fingerprint; without it, all."),
]
