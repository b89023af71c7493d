"""``proxyless zoo verify``: hold models against their cards."""

from dataclasses import asdict
from typing import Annotated

import typer

from search_spaces import InputError

from ... import zoo
from .. import options
from ..console import show_json
from .arguments import Folder, zoo_in
from .printing import show_verified


def verify(
    names: Annotated[list[str] | None, typer.Argument(help="Models; default: all.")] = None,
    folder: Folder = None,
    data: Annotated[str | None, typer.Option(help="Their data set, to check accuracies.")] = None,
    json: options.Json = False,
) -> None:
    """Check that models are what their cards say: digests, architectures, logits, accuracies."""
    models = zoo_in(folder)
    if not (names or models.names):
        raise InputError(f"{models.folder} holds no model to verify")
    models.require_files(*(names or models.names))
    verified = [zoo.verify(models, name, data) for name in names or models.names]
    if json:
        show_json([asdict(model) for model in verified])
    else:
        show_verified(verified)
