"""The images of a split as they are stored: undecoded, each as bytes or as the path of a file."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from search_spaces import InputError

from .image_file import decode_image, read_image_file
from .rows import Rows

SHOWN = 200
"""Characters of a stranger's file name that a sentence shows."""


@dataclass(frozen=True)
class StoredImages:
    """Images of a split with their labels (N,), int64.

    ``numbers`` (N,) counts the rows of the split from 0, as they were before some were held out.
    Images that are only paths are read if they lie inside of one of ``folders``; relative ones are
    taken from the first. ``place`` is what the split is called in messages.
    """

    rows: Rows
    column: str
    labels: NDArray[np.int64]
    numbers: NDArray[np.int64]
    folders: tuple[Path, ...]
    place: str

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices: Sequence[int]) -> "StoredImages":
        """Return the images at ``indices``."""
        return replace(
            self,
            rows=self.rows.select(indices),
            labels=self.labels[indices],
            numbers=self.numbers[indices],
        )

    def decoded(self, start: int, stop: int) -> Iterator[Image.Image]:
        """Yield the images from ``start`` to before ``stop``.

        Raises:
            InputError: an image cannot be read; the sentence names it and the split.
        """
        stored = self.rows[start:stop][self.column]
        for number, image in zip(self.numbers[start:stop].tolist(), stored, strict=True):
            yield self._decode(image, number)

    def _decode(self, stored: Any, number: int) -> Image.Image:
        content, path = stored["bytes"], stored["path"]
        try:
            if content is not None:
                return decode_image(content)
            return read_image_file(place_inside(path, self.folders))
        except InputError as error:
            name = path if content is None else f"image {number}"
            raise InputError(
                f"{shown(name)} in {self.place} cannot be read: {error}; replace or remove it"
            ) from None


def check_stored(rows: Rows, column: str, folders: tuple[Path, ...], place: str) -> None:
    """Check that every row of a split holds an image, and that no path leads outside.

    Raises:
        InputError: a row has neither bytes nor a path, or a path that is refused by
            :func:`check_inside`; the sentence names the row.
    """
    import pyarrow.compute as pc

    start = 0
    for chunk in rows.data.column(column).chunks:
        content, paths = (pc.struct_field(chunk, name) for name in ("bytes", "path"))
        by_path = np.flatnonzero(pc.is_null(content).to_numpy(zero_copy_only=False))
        for index in by_path.tolist():
            path = paths[index].as_py()
            if not path:
                raise InputError(
                    f"row {start + index} (counted from 0) of {place} has no image: remove the row"
                )
            try:
                check_inside(path, folders)
            except InputError as error:
                raise InputError(
                    f"row {start + index} (counted from 0) of {place} is refused: the image "
                    f"{shown(path)!r} is only a name, and {error}: store the images' bytes"
                ) from None
        start += len(chunk)


def place_inside(path: str, folders: tuple[Path, ...]) -> Path:
    """Return where the file of an image lies that is only a path; errors as `check_inside`."""
    return Path(check_inside(path, folders))


def check_inside(path: str, folders: tuple[Path, ...]) -> str:
    """Return the place of an image as text: there may be millions, and a ``Path`` takes longer.

    Links are followed where they lie inside; names that lead outside by themselves are not.

    Raises:
        InputError: it is an address of a network or of an archive, or outside of all ``folders``;
            the message is a reason without a subject.
    """
    if "://" in path or "::" in path:
        raise InputError("addresses are not followed")
    if "\0" in path:
        raise InputError("it holds a zero byte")
    if not folders:
        raise InputError("data of this kind have no files beside them")
    if not path.startswith("/") and ".." not in path and os.sep == "/":
        return f"{folders[0]}/{path}"
    place = os.path.normpath(os.path.join(folders[0], path))
    for folder in folders:
        base = os.path.normpath(folder)
        if place == base or place.startswith(base.rstrip(os.sep) + os.sep):
            return place
    raise InputError(f"it does not lie in {folders[0]}")


def shown(name: str) -> str:
    """Return a name from outside as a sentence shows it: not longer than a line or two."""
    return name if len(name) <= SHOWN else f"{name[:SHOWN]}…"
