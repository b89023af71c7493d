"""Commands to copy, in sentences: names from outside are quoted, so that pasting does what it says.

Whatever stands in a command of ours that a user or a stranger chose goes through :func:`quoted`.
"""

import os
import shlex
from pathlib import PurePath


def quoted(name: object) -> str:
    """Return a name or a path as one word of a POSIX shell.

    Characters that a terminal would obey or hide, and bytes that are no text, are written as
    bash, zsh and ksh read them: ``$'\\x1b'``.
    """
    text = str(name)
    if isinstance(name, PurePath) and text.startswith("-"):  # otherwise an option
        text = f"./{text}"
    if text.isprintable():
        return shlex.quote(text)
    return f"$'{''.join(map(_escaped, text))}'"


def _escaped(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    if character.isprintable():
        return character
    return "".join(f"\\x{byte:02x}" for byte in os.fsencode(character))
