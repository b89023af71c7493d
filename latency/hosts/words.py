"""Words of a board or a phone in messages: one short line that no terminal obeys."""

LONGEST = 300
"""Characters of somebody else's words that a message repeats."""


def words(text: str) -> str:
    """Return a text as one line: what is not printable is spelled out, what is too long is cut."""
    cut = text[: LONGEST + 1]
    line = "".join(map(_visible, cut[:LONGEST])).strip()
    return f"{line}…" if len(cut) > LONGEST else line


def last_line(output: str) -> str:
    """Return the last line that says something, as :func:`words`; "" if there is none."""
    lines = output.strip().splitlines()
    return words(lines[-1].strip()) if lines else ""


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    return " " if character.isspace() else character.encode("unicode_escape").decode("ascii")
