"""Files written whole or not at all."""

import os
from pathlib import Path

from .errors import InputError


def make_folder(folder: Path) -> None:
    """Make a folder, and those it lies in, where they are not there yet.

    Raises:
        InputError: a file is in the way, or one may not write there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        files = (one for one in (folder, *folder.parents) if one.is_file())
        reason = next((f"{one} is a file" for one in files), error.strerror)
        raise InputError(f"folder {folder} cannot be made: {reason}") from None


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all; its folder is made if need be."""
    make_folder(path.parent)
    temporary = path.with_name(f"{path.name}.partial")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
