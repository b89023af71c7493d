"""``proxyless zoo list``: the models there are."""

from search_spaces import Architecture

from ...zoo import Card
from .. import options
from ..console import show_json, show_rows
from .arguments import Folder, zoo_in
from .printing import MODELS


def list_(folder: Folder = None, wide: options.Wide = False, json: options.Json = False) -> None:
    """List the models."""
    zoo = zoo_in(folder)
    models = [
        (name, zoo.card(name), zoo.architecture(name), len(zoo.missing(name))) for name in zoo.names
    ]
    if json:
        show_json([_facts(*model) for model in models])
    else:
        show_rows(f"Models in {zoo.folder}", models, MODELS, wide)


def _facts(name: str, card: Card, architecture: Architecture, missing: int) -> dict[str, object]:
    return {
        "model": name,
        "data": card.training.data if card.training else None,
        "test accuracy": card.training.test_accuracy if card.training else None,
        "parameters": architecture.parameters,
        "MACs": architecture.macs,
        "files": len(card.files),
        "missing": missing,
    }
