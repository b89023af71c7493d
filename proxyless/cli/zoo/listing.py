"""``proxyless zoo list``: the models there are."""

from .. import options
from ..output import show_rows
from .arguments import Folder, zoo_in


def list_(folder: Folder = None, json: options.Json = False) -> None:
    """List the models."""
    found = zoo_in(folder)
    rows = []
    for name in found.names:
        card, architecture = found.card(name), found.architecture(name)
        accuracy = card.training.test_accuracy if card.training else None
        rows.append(
            {
                "model": name,
                "data": card.training.data if card.training else None,
                "test accuracy": accuracy if json or accuracy is None else f"{accuracy:.2%}",
                "parameters": architecture.parameters if json else f"{architecture.parameters:,}",
                "MACs": architecture.macs if json else f"{architecture.macs:,}",
                "files": len(card.files),
            }
        )
    show_rows(f"Models in {found.folder}", rows, json)
