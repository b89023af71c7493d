"""``proxyless spaces``: what can be searched."""

from typing import Annotated, Any

import typer

from search_spaces import builtin_spaces, load_space

from . import options
from .output import show, show_rows


def spaces(
    space: Annotated[
        str | None,
        typer.Argument(
            metavar="SPACE", help="A built-in name or a TOML file; without it, list all."
        ),
    ] = None,
    json: options.Json = False,
) -> None:
    """List the search spaces, or show one block by block."""
    if space is None:
        show_rows("Search spaces", [_summary(name) for name in builtin_spaces()], json)
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
        show("", {}, True, {**_summary(space), "blocks": rows})
        return
    show(f"Space {space}", _summary(space), False)
    show_rows("Blocks", rows, False)


def _summary(name: str) -> dict[str, Any]:
    space = load_space(name)
    return {
        "space": name,
        "input": "x".join(map(str, space.input_shape)),
        "classes": space.classes,
        "blocks": len(space.blocks),
        "networks": f"{space.size:.3g}",
        "operations": len(space.operations()),
    }
