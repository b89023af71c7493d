"""``proxyless zoo verify``: hold models against their cards."""

from dataclasses import asdict
from typing import Annotated

import typer

from search_spaces import InputError

from ... import zoo
from .. import options
from ..output import show_json
from .arguments import Folder, zoo_in
from .printing import show_verified


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
    found.require_files(*(names or found.names))
    verified = [zoo.verify(found, name, data) for name in names or found.names]
    if json:
        show_json([asdict(one) for one in verified])
    else:
        show_verified(verified)
