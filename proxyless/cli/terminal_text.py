"""Text for a terminal: made harmless, measured in cells, folded between words."""

import re
from collections.abc import Iterator

from rich.cells import cell_len as cell_len, chop_cells

from search_spaces.plain_text import printable as printable

_WORDS = re.compile(r"`[^`]*`[^\s`]*|\S+")
"""What stands on one line if it can; a command between backticks is one word."""
_SEPARATORS = ("/", "-", "_", ",:;=+")
"""Where a word that is too long for a line is broken, best places first."""


def fold(text: str, width: int | None) -> list[str]:
    """Return lines of at most ``width`` cells; a word is broken only where a line cannot hold it.

    Without a width, everything is one line.
    """
    if width is None or cell_len(text) <= width:
        return [text]
    lines = [""]
    for spaced, piece in _pieces(text, width):
        joined = lines[-1] + (" " if spaced and lines[-1] else "") + piece
        if cell_len(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(piece)
    return [line for line in lines if line] or [""]


def pad(text: str, width: int, right: bool = False) -> str:
    """Fill text with spaces to ``width`` cells; ``right`` puts them before it."""
    spaces = " " * (width - cell_len(text))
    return spaces + text if right else text + spaces


def _pieces(text: str, width: int) -> Iterator[tuple[bool, str]]:
    """Yield what stays together, and whether a space stands before it."""
    for word in _WORDS.findall(text):
        for part in [word] if cell_len(word) <= width else word.split():
            for number, piece in enumerate(_broken(part, width, _SEPARATORS)):
                yield number == 0, piece


def _broken(word: str, width: int, separators: tuple[str, ...]) -> list[str]:
    if cell_len(word) <= width:
        return [word]
    if not separators:
        return chop_cells(word, max(width, 2))  # a wide character takes two cells
    first, *rest = separators
    parts = re.findall(rf"[^{re.escape(first)}]*(?:[{re.escape(first)}]|$)", word)
    return [piece for part in parts if part for piece in _broken(part, width, tuple(rest))]
