"""What the site adds to Sphinx: navigation from the README's list of pages, and the reference."""

from pathlib import Path

from sphinx.application import Sphinx

from .docstrings import read_sections, shorten
from .navigation import groups, toctree
from .reference import PACKAGES, write_pages
from .references import link_by_last_name, name_exists

MODELS = "exported_models/README"
REFERENCE = "docs/reference"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register what happens before pages are found, as each is read, and as links are made."""
    app.connect("builder-inited", lambda app: write_pages(Path(app.srcdir) / REFERENCE))
    app.connect("source-read", add_navigation)
    app.connect("autodoc-process-docstring", read_sections)
    app.connect("autodoc-process-signature", shorten)
    app.connect("missing-reference", link_by_last_name)
    app.connect("warn-missing-reference", name_exists)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def add_navigation(app: Sphinx, name: str, source: list[str]) -> None:
    """Turn lists of pages into the site's navigation, which is of no use on a forge."""
    if name == app.config.root_doc:
        lists = groups(source[0])
        lists["Reference"] = [f"{REFERENCE}/{package}" for package in PACKAGES]
        source[0] += "".join(toctree(title, pages) for title, pages in lists.items())
    elif name == MODELS:
        source[0] += toctree("Models", ["*/card"])
