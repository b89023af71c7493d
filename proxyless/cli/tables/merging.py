"""``proxyless tables merge``: several tables into one."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

import latency

from .. import options
from ..console import show

NOUNS = {"visits": "measurements"}
"""What people read in place of a name of the schema, which ``--json`` keeps."""


def merge(
    into: Annotated[
        Path, typer.Argument(metavar="INTO", help="Table to copy into.", show_default=False)
    ],
    sources: Annotated[
        list[Path], typer.Argument(metavar="FROM", help="Tables to copy.", show_default=False)
    ],
    json: options.Json = False,
) -> None:
    """Copy everything that other tables hold into one; again, it changes nothing."""
    merged = latency.merge_tables(into, sources)
    facts = {f"new {NOUNS.get(name, name)}": count for name, count in asdict(merged).items()}
    show("Merge", {"table": str(into), **facts}, json, {"table": str(into), **asdict(merged)})
