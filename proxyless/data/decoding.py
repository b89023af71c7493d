"""Decoding pictures of any format to uint8 pixels of one shape."""

import tempfile
from collections.abc import Iterator

import numpy as np
import psutil
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from search_spaces import InputError
from search_spaces.errors import reason

from .rows import Rows

DECODED_AT_ONCE = 256
UNREADABLE = (UnidentifiedImageError, OSError, SyntaxError, ValueError)


def pictures(rows: Rows, column: str, start: int, place: str) -> Iterator[tuple[int, Image.Image]]:
    """Yield number and picture of up to ``DECODED_AT_ONCE`` rows, from row ``start`` on.

    Raises:
        InputError: a picture cannot be read; the sentence names it and ``place``, its split.
    """
    stop = min(start + DECODED_AT_ONCE, len(rows))
    try:
        yield from enumerate(rows[start:stop][column], start)
    except UNREADABLE:
        for index in range(start, stop):
            yield index, decode(rows, index, column, place)


def decode(rows: Rows, index: int, column: str, place: str) -> Image.Image:
    """Return the picture of one row.

    Raises:
        InputError: it cannot be read; the sentence names it and ``place``, its split.
    """
    import datasets

    try:
        picture: Image.Image = rows[index][column]
    except UNREADABLE as error:
        stored = rows.cast_column(column, datasets.Image(decode=False))[index][column]
        name = stored.get("path") or f"image {index}"
        raise InputError(
            f"{name} in {place} cannot be read: {reason(error)}; replace or remove it"
        ) from None
    return picture


def pixels(image: Image.Image, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return a picture as (channels, side, side): scaled, then cropped to its central square."""
    channels, side, _ = shape
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) // 257).astype(np.uint8))
    image = image.convert("L" if channels == 1 else "RGB")
    if image.size != (side, side):
        scale = side / min(image.size)
        size = [max(side, round(length * scale)) for length in image.size]
        image = image.resize(size, Image.Resampling.BILINEAR)
        left, top = ((length - side) // 2 for length in size)
        image = image.crop((left, top, left + side, top + side))
    planes = np.asarray(image)
    return planes[None] if channels == 1 else planes.transpose(2, 0, 1)


def allocate(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return an array in memory, or in a temporary file if it would fill more than half of it."""
    if np.prod(shape) < psutil.virtual_memory().available / 2:
        return np.empty(shape, np.uint8)
    with tempfile.TemporaryFile() as file:
        return np.memmap(file, np.uint8, "w+", shape=shape)
