"""Arguments that several actions share."""

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_TABLE = Path("tables/latency.db")
"""Where `proxyless profile` puts its table unless told otherwise."""
TableArgument = Annotated[Path, typer.Argument(metavar="TABLE", help="Latency table.")]
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
