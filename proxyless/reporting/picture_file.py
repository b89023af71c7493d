"""Figures as self-contained files, SVG or PNG, with their descriptions as metadata."""

from collections.abc import Callable
from html import escape
from io import BytesIO
from pathlib import Path

from matplotlib.figure import Figure

from search_spaces import InputError
from search_spaces.files import write_atomically
from search_spaces.plain_text import printable

from .colours import PAPER
from .style import make_plain, styled

SUFFIXES = (".png", ".svg")
PIXELS = 2
"""Pixels of a PNG per CSS pixel, along each side."""


def check_suffix(path: Path) -> None:
    """Raise :class:`InputError` if the suffix is not one of ``SUFFIXES``."""
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"{path} is neither a .png nor a .svg: let the picture's name end in one of them"
        )


def write_picture(
    path: Path,
    width: float,
    height: float,
    plot: Callable[[Figure], None],
    title: str,
    description: str,
) -> None:
    """Draw ``plot`` on a Matplotlib figure of ``width`` x ``height`` CSS pixels, and write it.

    Title and description are the alternative text: elements of an SVG, text chunks of a PNG.

    Raises:
        InputError: the name ends in neither .png nor .svg, or the file cannot be written.
    """
    check_suffix(path)
    title, description = printable(title), printable(description)
    kind = path.suffix.lower()[1:]
    content = BytesIO()
    with styled(path.stem):
        figure = Figure(figsize=(width / 72, height / 72), dpi=72, facecolor=PAPER)
        plot(figure)
        make_plain(figure)
        if kind == "svg":
            figure.savefig(content, format=kind, metadata={"Date": None})
        else:
            words = {"Title": title, "Description": description}
            figure.savefig(content, format=kind, dpi=72 * PIXELS, metadata=words)
    data = content.getvalue()
    try:
        write_atomically(path, _described(data, title, description) if kind == "svg" else data)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from None


def _described(data: bytes, title: str, description: str) -> bytes:
    """Add title and description to an SVG, for screen readers."""
    before, after = data.split(b"<svg ", 1)
    attributes, body = after.split(b">", 1)
    words = f"<title>{escape(title)}</title><desc>{escape(description)}</desc>"
    return before + b'<svg role="img" ' + attributes + b">" + words.encode() + body
