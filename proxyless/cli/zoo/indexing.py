"""``proxyless zoo index``: cards and the index as pages."""

from ... import zoo
from .. import options
from .arguments import Folder, zoo_in


def index(folder: Folder = None, force: options.Force = False) -> None:
    """Write every card.md and the index again, from the cards' facts."""
    models = zoo_in(folder)
    _ = models.names
    zoo.write_pages(models, force)
