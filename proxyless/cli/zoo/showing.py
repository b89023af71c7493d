"""``proxyless zoo show``: a model's card."""

from search_spaces.schema import dump

from ...zoo.page import card_page
from .. import options
from ..output import show
from .arguments import Folder, Name, zoo_in


def show_(name: Name, folder: Folder = None, json: options.Json = False) -> None:
    """Show a model's card."""
    found = zoo_in(folder)
    if json:
        show("", {}, True, dump(found.card(name)))
    else:
        print(card_page(found.card(name), found.architecture(name)))
