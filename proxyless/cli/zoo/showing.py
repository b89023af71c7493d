"""``proxyless zoo show``: a model's card."""

from search_spaces.schema import dump

from ...zoo.page import PAGE
from .. import options
from ..output import show_json
from .arguments import Folder, Name, zoo_in
from .printing import show_card


def show_(
    name: Name, folder: Folder = None, wide: options.Wide = False, json: options.Json = False
) -> None:
    """Show a model's card."""
    found = zoo_in(folder)
    if json:
        show_json(dump(found.card(name)))
    else:
        page = found.path(name) / PAGE
        show_card(found.card(name), found.architecture(name), page, wide)
