"""Folders of images of strangers."""

import io
import os
import random
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.hostile.mutation import mutated_bytes
from benchmarks.hostile.trial import WronglyAcceptedError
from proxyless import open_data

GOOD = 6
"""Images of each of two classes beside the hostile one."""
SIDE = 16
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n"
FORMATS = ("png", "jpeg", "gif", "bmp", "webp", "tiff", "ppm", "ico", "tga", "pcx")
MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F")


def honest_folder(folder: Path, kept: Path) -> None:
    """Make a folder of good images."""
    for number, name in enumerate("ab"):
        _good_class(folder / "photos" / name, number)


def folder_of_images(folder: Path, kept: Path, generator: random.Random) -> str:
    """Make a folder with a class a folder, and one hostile image or name among good ones."""
    honest_folder(folder, kept)
    if generator.random() < 0.2:
        return _odd_name(folder / "photos", generator)
    content, description = hostile_image(generator)
    (folder / "photos/a" / f"x.{generator.choice(('png', 'jpg', 'gif'))}").write_bytes(content)
    return description


def use_folder() -> None:
    """Decode it; every image that is taken has finite pixels and a class."""
    use("photos", at_least=2 * GOOD)


def use(source: str, at_least: int) -> None:
    """Decode images; all that are taken have finite pixels and a class."""
    opened = open_data(source)
    data = opened.load(SIDE)
    images = 0
    for split in (data.train, data.test):
        if split is None:
            continue
        images += len(split.labels)
        if not bool(split.images.float().isfinite().all()):
            raise WronglyAcceptedError("pixels are not finite")
        if not bool(((split.labels >= 0) & (split.labels < len(opened.class_names))).all()):
            raise WronglyAcceptedError("a label has no class")
    if images < at_least:
        raise WronglyAcceptedError(f"{images} images are left of {at_least}")


def _good_class(folder: Path, number: int) -> None:
    folder.mkdir(parents=True)
    for index in range(GOOD):
        (folder / f"{index}.png").write_bytes(encoded(index + number))


def encoded(number: int) -> bytes:
    """Return a good image."""
    return _as_bytes(Image.new("RGB", (SIDE, SIDE), (number * 9, 0, 0)), "png")


def _as_bytes(image: Image.Image, kind: str) -> bytes:
    content = io.BytesIO()
    image.save(content, kind)
    return content.getvalue()


def hostile_image(generator: random.Random) -> tuple[bytes, str]:
    """Return an image that is broken, enormous, odd, or none; and what it is."""
    change = generator.choice(("bytes", "bytes", "mode", "size", "eps", "thin", "text", "frames"))
    if change == "bytes":
        pixels = np.frombuffer(generator.randbytes(SIDE * SIDE * 3), np.uint8)
        kind = generator.choice(FORMATS)
        image = Image.fromarray(pixels.reshape(SIDE, SIDE, 3))
        content, description = mutated_bytes(_as_bytes(image, kind), generator)
        return content, f"{kind}: {description}"
    if change == "mode":
        mode = generator.choice(MODES)
        kind = "tiff" if mode in ("CMYK", "F", "I") else "png"
        return _as_bytes(Image.new(mode, (SIDE, SIDE)), kind), f"{kind} of mode {mode}"
    if change == "size":
        width, height = generator.choice(((20_000, 20_000), (2**31 - 1, 1), (0, 5), (1, 10**6)))
        return _png(width, height), f"png of {width} x {height}"
    if change == "thin":
        return _as_bytes(Image.new("L", (60_000, 1)), "png"), "png of 60,000 x 1"
    if change == "frames":
        frames = [Image.new("L", (4, 4), number) for number in range(200)]
        animation = io.BytesIO()
        frames[0].save(animation, "gif", save_all=True, append_images=frames[1:])
        return animation.getvalue(), "200 frames"
    if change == "eps":
        return EPS, "eps"
    return generator.choice((b"", b"\0" * 100, b"<svg/>", b"%PDF-1.4", b"RIFF")), "no image"


def _odd_name(photos: Path, generator: random.Random) -> str:
    """Give a file or a class an odd name, or put something else in its place."""
    change = generator.choice(("file", "class", "pipe", "loop", "single", "metadata"))
    if change == "file":
        name = generator.choice(("\x1b[2J.png", "a\nb.png", "[test].png", "é\u202e.png"))
        (photos / "a" / name).write_bytes(encoded(3))
    elif change == "class":
        _good_class(photos / generator.choice(("\x1b[31mred", "[red]", "a b", "$x$", "{{c}}")), 2)
    elif change == "pipe":
        os.mkfifo(photos / "a/pipe.png")
    elif change == "loop":
        (photos / "a/loop").symlink_to(photos)
    elif change == "metadata":
        line = generator.choice(("file_name,label\n../../etc/passwd,1\n", "file_name\n\0\n", "x"))
        (photos / "metadata.csv").write_text(line)
    else:
        for file in (photos / "b").iterdir():
            file.unlink()
    return f"odd {change}"


def _png(width: int, height: int) -> bytes:
    """Return a PNG that says it is of this size, without pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 10)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
