"""What a page is made of: sections of sentences, pictures and tables."""

from collections.abc import Sequence
from dataclasses import dataclass

from .picture import Picture


@dataclass(frozen=True)
class Table:
    """Rows of text; a folded table shows only its caption until it is opened."""

    caption: str
    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    folded: bool = True


@dataclass(frozen=True)
class Section:
    """A heading and what is under it; ``command`` is what adds a section that is missing."""

    title: str
    sentences: Sequence[str] = ()
    pictures: Sequence[Picture] = ()
    tables: Sequence[Table] = ()
    command: str = ""


def absent(title: str, command: str) -> Section:
    """Say which command adds a section."""
    return Section(title, command=command)


def without_empty(
    headers: Sequence[str], rows: Sequence[Sequence[str | None]], nothing: str
) -> tuple[list[str], list[list[str]]]:
    """Leave out columns that no row has; ``nothing`` stands where some rows have none."""
    used = [place for place in range(len(headers)) if any(row[place] is not None for row in rows)]
    cells = [[row[place] or nothing for place in used] for row in rows]
    return [headers[place] for place in used], cells
