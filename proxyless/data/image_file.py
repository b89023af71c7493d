"""The door for images: whatever decodes a picture that somebody else made does it here.

A picture is a stranger's bytes. Only formats whose decoders neither start programs nor follow
names are tried, whatever the file's name says; its pixels are counted before memory is taken; of a
film or a document, the first picture is read. What a decoder says is turned into a reason.
"""

import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, UnidentifiedImageError
from PIL.Image import Transpose

from search_spaces import InputError, machine_memory
from search_spaces.errors import reason
from search_spaces.outside import MEBIBYTE, read_bytes

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
"""The formats that are read, by Pillow's names; PPM stands for PBM, PGM and PNM too."""
FORMAT_NAMES = f"{', '.join(FORMATS[:-1])} and {FORMATS[-1]}"
MEGAPIXELS_LIMIT = 256
"""Megapixels of the largest picture that is read: cameras and scanners make up to 200."""
FILE_LIMIT = 1024 * MEBIBYTE
"""Bytes of the largest image file that is read: 256 megapixels of four bytes, uncompressed."""
BYTES_PER_PIXEL = 12
"""Memory that decoding takes at most: four bytes in the decoder, four as read, four converted."""
CHECKED_PIXELS = 2**24
"""From this size on, the memory at hand is asked for before a picture is decoded."""

ORIENTATION_TAG = 0x0112
UPRIGHT_ALREADY = 1
UPRIGHT = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
"""How a picture is turned upright, by its orientation in EXIF."""
_opening = threading.Lock()


def read_image_file(path: Path) -> Image.Image:
    """Return the picture in a file, upright. Errors as :func:`decode_image`."""
    return decode_image(read_bytes(path, "image", FILE_LIMIT))


def decode_image(content: bytes) -> Image.Image:
    """Return the first picture in the bytes of an image file, decoded and upright.

    Raises:
        InputError: it is of no format that is read, damaged, or too large; the message is a reason
            without a subject, such as "it is empty".
    """
    if not content:
        raise InputError("it is empty")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of metadata and of palettes: the pixels are not touched
        try:
            image = _opened(content)
            _check_size(image)
            image.load()
            turn = UPRIGHT.get(image.getexif().get(ORIENTATION_TAG, UPRIGHT_ALREADY))
            return image if turn is None else image.transpose(turn)
        except InputError:
            raise
        except MemoryError:
            raise InputError("it does not fit into memory") from None
        except Exception as error:  # of any decoder, about bytes of a stranger
            raise InputError(f"it is damaged ({reason(error)})") from None


def _opened(content: bytes) -> Image.Image:
    try:
        with _any_size():
            return Image.open(io.BytesIO(content), formats=FORMATS)
    except UnidentifiedImageError:
        raise InputError(
            f"it is no image of a format that is read: these are {FORMAT_NAMES}, to which others "
            "can be converted"
        ) from None


@contextmanager
def _any_size() -> Iterator[None]:
    """Keep Pillow from counting pixels by a limit of its own, which warns and is a process's."""
    with _opening:
        before = Image.MAX_IMAGE_PIXELS
        Image.MAX_IMAGE_PIXELS = None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = before


def _check_size(image: Image.Image) -> None:
    width, height = image.size
    count = width * height
    if count < 1:
        raise InputError(f"it has {width} x {height} pixels")
    if not count <= MEGAPIXELS_LIMIT * 10**6:
        raise InputError(
            f"it has {width} x {height} pixels, more than the {MEGAPIXELS_LIMIT} megapixels that "
            "are read: make it smaller"
        )
    needed = count * BYTES_PER_PIXEL
    if count > CHECKED_PIXELS and not needed <= machine_memory.free():
        raise InputError(
            f"it has {width} x {height} pixels, and the {needed / 1e9:.1f} GB that decoding takes "
            "are not free: make it smaller"
        )
