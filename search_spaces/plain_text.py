"""Text from outside as text: shown and not obeyed, by terminals, shells and pictures.

Names of devices, files, classes and models come from outside.
"""

import os
import shlex
from pathlib import PurePath


def printable(value: object) -> str:
    """Return a value as text of one line that is shown and not obeyed.

    Escape sequences, characters that change the direction of writing and undecodable bytes are
    spelled out, line ends become spaces.
    """
    text = str(value)
    return text if text.isprintable() else "".join(map(_visible, text))


def quoted(name: object) -> str:
    """Return a name or a path as one word of a POSIX shell, for commands to copy.

    Characters that a terminal would obey or hide, and bytes that are no text, are written as
    bash, zsh and ksh read them: ``$'\\x1b'``.
    """
    text = str(name)
    if isinstance(name, PurePath) and text.startswith("-"):  # otherwise an option
        text = f"./{text}"
    if text.isprintable():
        return shlex.quote(text)
    return f"$'{''.join(map(_escaped, text))}'"


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    if character.isspace():
        return " "
    return character.encode("unicode_escape").decode("ascii")


def _escaped(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    if character.isprintable():
        return character
    return "".join(f"\\x{byte:02x}" for byte in os.fsencode(character))
