"""``proxyless zoo show``: a model's card."""

from search_spaces.schema import dump

from ...zoo.page import PAGE
from .. import options
from ..console import show_json
from .arguments import Folder, Name, zoo_in
from .printing import show_card


def show_(
    name: Name, folder: Folder = None, wide: options.Wide = False, json: options.Json = False
) -> None:
    """Show a model's card."""
    models = zoo_in(folder)
    if json:
        show_json(dump(models.card(name)))
    else:
        page = models.path(name) / PAGE
        show_card(models.card(name), models.architecture(name), page, wide)
