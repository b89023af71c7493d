"""Sections of a page: sentences, pictures and tables."""

from collections.abc import Sequence
from dataclasses import dataclass

from .picture import Picture


@dataclass(frozen=True)
class Table:
    """A table of text; a folded one shows only its caption until the reader opens it."""

    caption: str
    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    folded: bool = True


@dataclass(frozen=True)
class Section:
    """A section under a heading; ``command`` adds its content if that is missing."""

    title: str
    sentences: Sequence[str] = ()
    pictures: Sequence[Picture] = ()
    tables: Sequence[Table] = ()
    command: str = ""


def missing_section(title: str, command: str) -> Section:
    """Return a section without content that names the command that adds it."""
    return Section(title, command=command)


def without_empty(
    headers: Sequence[str], rows: Sequence[Sequence[str | None]], nothing: str
) -> tuple[list[str], list[list[str]]]:
    """Remove columns that are None in all rows; replace None in the others by ``nothing``."""
    used = [place for place in range(len(headers)) if any(row[place] is not None for row in rows)]
    cells = [[row[place] or nothing for place in used] for row in rows]
    return [headers[place] for place in used], cells
