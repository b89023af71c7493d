"""Files written whole or not at all, and what tells their contents apart."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from .errors import InputError


def make_folder(folder: Path) -> None:
    """Make a folder, and those it lies in, where they are not there yet.

    Raises:
        InputError: a file is in the way, or one may not write there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        files = (place for place in (folder, *folder.parents) if place.is_file())
        reason = next((f"{file} is a file" for file in files), error.strerror)
        raise InputError(f"folder {folder} cannot be made: {reason}") from None


@contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file to write that is there whole afterwards, or as it was before.

    It is written as ``NAME.partial`` beside its place, forced to the disk, and then renamed. Its
    folder is made if need be.
    """
    make_folder(path.parent)
    temporary = path.with_name(f"{path.name}.partial")
    with temporary.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all; its folder is made if need be."""
    with atomic_file(path) as file:
        file.write(content)


def sha256(content: bytes) -> str:
    """Return the SHA-256 of some bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
