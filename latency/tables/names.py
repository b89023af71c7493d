"""Names that people give devices and runtimes in a table: a line of text."""

import unicodedata

from search_spaces import InputError

LONGEST_NAME = 300


def check_name(name: str, what: str, mend: str) -> None:
    """Refuse a name that is empty, no single line, or too long; ``what`` is the argument's name.

    Raises:
        InputError: it is; the sentence ends with ``mend``.
    """
    if not name.strip():
        raise InputError(f"`{what}` is empty: {mend}")
    if len(name) > LONGEST_NAME or any(
        unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in name
    ):
        raise InputError(
            f"`{what}` {name!r:.60} is no line of text of at most {LONGEST_NAME} characters: {mend}"
        )
