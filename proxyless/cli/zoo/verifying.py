"""``proxyless zoo verify``: hold models against their cards."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer

from search_spaces import InputError

from ... import zoo
from ...zoo import Zoo
from .. import options
from ..console import print_message, show_json
from .arguments import Folder, zoo_in
from .printing import show_verified


def verify(
    names: Annotated[list[str] | None, typer.Argument(help="Models; default: all.")] = None,
    folder: Folder = None,
    data: Annotated[str | None, typer.Option(help="Their data set, to check accuracies.")] = None,
    json: options.Json = False,
) -> None:
    """Check that models are what their cards say: digests, architectures, logits, accuracies.

    The exit status is 1 if one of all models cannot be read, for want of a package.
    """
    models = zoo_in(folder)
    if not (names or models.names):
        raise InputError(f"{models.folder} holds no model to verify")
    unread = {} if names else dict(_unread(models))
    readable = names or [name for name in models.names if name not in unread]
    models.require_files(*readable)
    verified = [zoo.verify(models, name, data) for name in readable]
    if json:
        faults = [{"name": name, "fault": fault} for name, fault in unread.items()]
        show_json([*(asdict(model) for model in verified), *faults])
    else:
        show_verified(verified, tuple(unread))
    if unread:
        for name, fault in unread.items():
            print_message(f"{name} cannot be verified here: {fault}", warning=True)
        raise typer.Exit(1)


def _unread(models: Zoo) -> Iterator[tuple[str, str]]:
    """Yield models with operations of packages that are not installed here, and what they lack."""
    for name in models.names:
        try:
            models.architecture(name)
        except InputError as error:
            yield name, str(error)
