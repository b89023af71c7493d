"""``proxyless report``: runs as a page."""

from pathlib import Path
from typing import Annotated

import typer

from .. import reporting
from . import options
from .console import show


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN", help="Run directories; several are compared.", show_default=False
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Page to write; default: report.html in the run, or beside the first of several."
        ),
    ] = None,
    figures: Annotated[
        Path | None, typer.Option(help="Folder for every picture of the page, as SVG and PNG.")
    ] = None,
    force: options.Force = False,
    json: options.Json = False,
) -> None:
    """Write a self-contained HTML page about runs: networks, curves, latencies, a comparison."""
    facts = {"page": str(reporting.report(runs, out, figures, force=force))}
    show("Report", facts if figures is None else {**facts, "figures": str(figures)}, json)
