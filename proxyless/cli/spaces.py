"""``proxyless spaces``: what can be searched."""

from operator import itemgetter
from typing import Annotated

import typer

from search_spaces import load_space, space_names

from . import options
from .columns import Column
from .console import show, show_json, show_rows

Facts = dict[str, object]
SPACES: tuple[Column[Facts], ...] = (
    Column("space", itemgetter("space")),
    Column("input", itemgetter("input"), numeric=True),
    Column("classes", itemgetter("classes"), numeric=True),
    Column("blocks", itemgetter("blocks"), numeric=True),
    Column("networks", itemgetter("networks"), numeric=True),
    Column("operations", itemgetter("operations"), numeric=True),
)
BLOCKS: tuple[Column[Facts], ...] = (
    Column("block", itemgetter("block"), numeric=True),
    Column("stage", itemgetter("stage"), numeric=True),
    Column("input", itemgetter("input"), numeric=True),
    Column("output", itemgetter("output"), numeric=True),
    Column("candidates", itemgetter("candidates")),
)


def spaces(
    space: Annotated[
        str | None,
        typer.Argument(metavar="SPACE", help="A name or a TOML file; without it, list the names."),
    ] = None,
    json: options.Json = False,
) -> None:
    """List the search spaces, or show one block by block."""
    if space is None:
        listed = [_summary(name) for name in space_names()]
        if json:
            show_json(listed)
        else:
            show_rows("Search spaces", listed, SPACES)
        return
    expanded = load_space(space)
    rows = [
        {
            "block": number,
            "stage": block.stage + 1,
            "input": "x".join(map(str, block.candidates[0].input_shape)),
            "output": "x".join(map(str, block.candidates[0].output_shape)),
            "candidates": " ".join(candidate.label for candidate in block.candidates),
        }
        for number, block in enumerate(expanded.blocks, 1)
    ]
    if json:
        show_json({**_summary(space), "blocks": rows})
        return
    show(f"Space {space}", _summary(space), False)
    show_rows("Blocks", rows, BLOCKS)


def _summary(name: str) -> Facts:
    space = load_space(name)
    return {
        "space": name,
        "input": "x".join(map(str, space.input_shape)),
        "classes": space.classes,
        "blocks": len(space.blocks),
        "networks": f"{space.size:.3g}",
        "operations": len(space.operations()),
    }
