"""Turning decoded pictures into uint8 pixels of one shape, and the arrays that hold them."""

import os
import tempfile

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from search_spaces import InputError, machine_memory

RESIZED_LIMIT = 2**25
"""Pixels of a scaled picture from which on its central square is cut out before it is scaled."""


def pixels(image: Image.Image, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return a picture as (channels, side, side): scaled, then cropped to its central square."""
    channels, side, _ = shape
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image) // 257).astype(np.uint8))
    if image.mode == "P":
        image.info.pop("transparency", None)  # of which the colours say nothing, but a warning
    image = image.convert("L" if channels == 1 else "RGB")
    if image.size != (side, side):
        image = _square(image, side)
    planes = np.asarray(image)
    return planes[None] if channels == 1 else planes.transpose(2, 0, 1)


def _square(image: Image.Image, side: int) -> Image.Image:
    shorter = min(image.size)
    scale = side / shorter
    size = [max(side, round(length * scale)) for length in image.size]
    if size[0] * size[1] > max(RESIZED_LIMIT, side * side):
        left, top = ((length - shorter) / 2 for length in image.size)
        box = (left, top, left + shorter, top + shorter)
        return image.resize((side, side), Image.Resampling.BILINEAR, box)
    image = image.resize(size, Image.Resampling.BILINEAR)
    left, top = ((length - side) // 2 for length in size)
    return image.crop((left, top, left + side, top + side))


def allocate(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return an array in memory, or in a temporary file if it would fill more than half of it.

    Raises:
        InputError: the disk has no room for it.
    """
    size = int(np.prod(shape, dtype=object))
    if size < machine_memory.free() / 2:
        return np.empty(shape, np.uint8)
    with tempfile.TemporaryFile() as file:
        try:
            # A hole in a file is filled when it is written to, where a full disk kills the process.
            getattr(os, "posix_fallocate", lambda *_: None)(file.fileno(), 0, size)
        except OSError as error:
            raise InputError(
                f"{shape[0]:,} images of {shape[-2]} x {shape[-1]} pixels take "
                f"{size / 1e9:.1f} GB, more than half of the free memory, and the folder of "
                f"temporary files {tempfile.gettempdir()} cannot hold them: {error.strerror}: "
                "lower the resolution, or set TMPDIR to a larger disk"
            ) from None
        return np.memmap(file, np.uint8, "w+", shape=shape)
