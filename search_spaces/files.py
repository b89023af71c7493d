"""Files and folders that are written atomically, and digests of their contents."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from .errors import InputError

PARTIAL = ".partial"
"""Suffix of a file or folder while it is being written."""


def make_folder(folder: Path) -> None:
    """Make a folder, and its parents, unless they exist.

    Raises:
        InputError: a file of that name exists, or the parent is not writable.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        files = (parent for parent in (folder, *folder.parents) if parent.is_file())
        cause = next((f"{file} is a file" for file in files), error.strerror)
        raise InputError(f"folder {folder} cannot be made: {cause}") from None


@contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that is replaced as a whole when the block ends, or left unchanged.

    The content is written to ``NAME.partial`` in the same folder, flushed to the disk, and renamed.
    The folder is made if necessary.
    """
    make_folder(path.parent)
    temporary = path.with_name(f"{path.name}{PARTIAL}")
    with temporary.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file atomically; its folder is made if necessary."""
    with atomic_file(path) as file:
        file.write(content)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Make a folder that is filled in the block and gets its name when the block ends.

    Until then it is called ``.NAME.partial``; if the block raises, it is deleted.
    """
    unfinished = path.with_name(f".{path.name}{PARTIAL}")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        yield unfinished
        unfinished.rename(path)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def sha256(content: bytes) -> str:
    """Return the SHA-256 digest of ``content`` as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
