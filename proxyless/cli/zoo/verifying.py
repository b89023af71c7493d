"""``proxyless zoo verify``: hold models against their cards."""

from dataclasses import asdict
from typing import Annotated

import typer

from search_spaces import InputError

from ... import zoo
from .. import options
from ..output import show
from .arguments import Folder, zoo_in


def verify(
    names: Annotated[list[str] | None, typer.Argument(help="Models; default: all.")] = None,
    folder: Folder = None,
    data: Annotated[str | None, typer.Option(help="Their data set, to check accuracies.")] = None,
    json: options.Json = False,
) -> None:
    """Check that models are what their cards say: digests, architectures, logits, accuracies."""
    found = zoo_in(folder)
    if not (names or found.names):
        raise InputError(f"{found.folder} holds no model to verify")
    verified = [zoo.verify(found, name, data) for name in names or found.names]
    if json:
        show("", {}, True, [asdict(one) for one in verified])
        return
    facts = {
        one.name: ", ".join(
            f"{file} within {difference:.2g}" for file, difference in one.differences.items()
        )
        or "an architecture"
        for one in verified
    }
    show("Verified", facts, False)
