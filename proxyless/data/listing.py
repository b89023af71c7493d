"""The files of a folder, listed once: links are followed, and what cannot be read is said."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from search_spaces import InputError

from .stored_images import shown

DEEPEST_FOLDER = 64
"""Folders inside each other; data sets have three."""


@dataclass(frozen=True)
class Listing:
    """The regular files of a folder, as paths relative to it, except hidden ones.

    ``special`` are pipes, sockets, devices and links to nothing; ``circular`` is a link to a folder
    that it lies in, if there is one.
    """

    files: tuple[PurePath, ...]
    special: tuple[PurePath, ...]
    circular: PurePath | None


def list_files(folder: Path) -> Listing:
    """List the files of a folder, in no order. A folder that was listed before is not again.

    Raises:
        InputError: a folder in it cannot be read, or lies too deep.
    """
    files: list[PurePath] = []
    special: list[PurePath] = []
    circular = None
    seen = set()
    waiting = [(PurePath(), os.path.realpath(folder))]
    links: list[tuple[PurePath, str]] = []
    while waiting or links:
        # Links come last: a folder is listed under its own name if it has one in here.
        relative, real_path = (waiting or links).pop()
        if real_path in seen:
            continue
        seen.add(real_path)
        if len(relative.parts) > DEEPEST_FOLDER:
            raise InputError(
                f"folder {folder} has folders more than {DEEPEST_FOLDER} deep: name one of them"
            )
        for entry in _entries(folder / relative):
            place = relative / entry.name
            kind = _kind(entry)
            if kind == "folder":
                inner = os.path.join(real_path, entry.name)
                if entry.is_symlink():
                    inner = os.path.realpath(inner)
                    if real_path == inner or real_path.startswith(inner.rstrip(os.sep) + os.sep):
                        circular = place
                if not entry.name.startswith("__"):
                    (links if entry.is_symlink() else waiting).append((place, inner))
            else:
                (files if kind == "file" else special).append(place)
    return Listing(tuple(files), tuple(special), circular)


def _kind(entry: os.DirEntry[str]) -> str:
    """Return what an entry is, or what it links to."""
    try:
        return "folder" if entry.is_dir() else "file" if entry.is_file() else "special"
    except OSError:  # a link to itself, or to where nobody may look
        return "special"


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from (entry for entry in entries if not entry.name.startswith("."))
    except OSError as error:
        raise InputError(
            f"folder {shown(str(folder))} cannot be read: {error.strerror}: make it readable, or "
            "take it away"
        ) from None
