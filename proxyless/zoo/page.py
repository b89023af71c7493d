"""Cards and the index as Markdown, generated from the cards' facts."""

import re
from importlib.resources import files

import jinja2

from search_spaces import Architecture
from search_spaces.files import write_atomically
from search_spaces.ours import check_replaceable, holds
from search_spaces.plain_text import printable

from .card import Card
from .zoo import Zoo

PAGE = "card.md"
INDEX = "README.md"
_MARKUP = re.compile(r"[\\`*\[\]<>|]|&(?=[#\w])")
"""Not the underscores of names, which begin no emphasis within a word."""
MARK = "Generated from `card.json` by `proxyless zoo`."
FORMER_PAGE = re.compile(
    rb"# [^\n]+\n\n(?s:.){0,40000}?\n\n"  # the name and a summary
    rb"\| \| \|\n\|---\|---\|\n\| input \| [^\n]+\n\| classes \| "
)
"""What pages open with that have no mark: those of releases up to 0.2."""
IS_INDEX = holds(b"Generated from the cards by `proxyless zoo`")


def is_page(content: bytes) -> bool:
    """Whether a card.md was generated, by this release or an earlier one."""
    return MARK.encode() in content or FORMER_PAGE.match(content) is not None


def write_pages(zoo: Zoo, force: bool = False) -> None:
    """Write every model's card.md and the index.

    Raises:
        InputError: as :func:`check_pages`, or a card or an architecture cannot be read.
    """
    check_pages(zoo, force)
    for name in zoo.names:
        page = card_page(zoo.card(name), zoo.architecture(name))
        write_atomically(zoo.folder / name / PAGE, page.encode())
    write_atomically(zoo.folder / INDEX, index_page(zoo).encode())


def check_pages(zoo: Zoo, force: bool = False) -> None:
    """Check that pages replace nothing but pages, of this or an earlier release.

    Raises:
        InputError: a card.md or README.md is somebody else's, and ``force`` is not set.
    """
    check_replaceable(zoo.folder / INDEX, IS_INDEX, force)
    for name in zoo.names:
        check_replaceable(zoo.folder / name / PAGE, is_page, force)


def card_page(card: Card, architecture: Architecture) -> str:
    """Return a model's card as Markdown."""
    return _render("card.md.j2", card=card, architecture=architecture)


def says_the_same(page: str, card: Card, architecture: Architecture) -> bool:
    """Whether a page is a card's, as this release or one without the mark generates it."""
    expected = card_page(card, architecture)
    return page in (expected, expected.replace(f"{MARK}\n\n", "", 1))


def index_page(zoo: Zoo) -> str:
    """Return the list of models as Markdown."""
    models = [(zoo.card(name), zoo.architecture(name)) for name in zoo.names]
    return _render("index.md.j2", models=models)


def _text(value: object) -> str:
    """Return a text of a card so that Markdown shows it as it is, in a table, too."""
    return _MARKUP.sub(r"\\\g<0>", printable(value))


def _line(value: object) -> str:
    """Return a command of a card as one line of a code block, which it cannot end."""
    return printable(value).replace("`", "\\`") if "```" in str(value) else printable(value)


def _render(template: str, **values: object) -> str:
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters |= {
        "percent": "{:.2%}".format,
        "four": "{:.4g}".format,
        "text": _text,
        "line": _line,
    }
    source = (files(__package__) / template).read_text(encoding="utf-8")
    return environment.from_string(source).render(**values)
