"""Existing files of others, which are never replaced unless that is asked for.

A file of ours is known by what is in it: whoever writes one says how.
"""

from collections.abc import Callable
from pathlib import Path

from .errors import InputError
from .outside import read_bytes

Recognise = Callable[[bytes], bool]
"""Whether a file's content was written by this project."""


def holds(*marks: bytes) -> Recognise:
    """Return the test for files that hold one of these marks."""
    return lambda content: any(mark in content for mark in marks)


def check_replaceable(path: Path, is_ours: Recognise, force: bool = False) -> None:
    """Check that writing ``path`` replaces nothing of somebody else's.

    A symbolic link is judged by the file that it names; it is itself what is replaced.

    Raises:
        InputError: there is a file that is not ours, and ``force`` is not set; or a folder.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder: name a file")
    if force or not path.exists():
        return
    try:
        ours = is_ours(read_bytes(path, "file"))
    except InputError:
        ours = False
    if not ours:
        raise InputError(
            f"{path} exists and is not of proxyless: name another file, or give `force`"
        )
