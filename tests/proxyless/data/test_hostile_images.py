"""Pictures of strangers: read as what they are, or refused in a sentence; no program is started."""

import io
import os
import struct
import warnings
import zlib
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st
from PIL import Image
from support import CLASSES, write_images

from proxyless import open_data
from proxyless.data import decoding, image_file
from proxyless.data.decoding import allocate, pixels
from proxyless.data.image_file import FORMATS, decode_image, read_image_file
from proxyless.data.stored_images import place_inside
from search_spaces import InputError, machine_memory

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n"


def chunk(kind: bytes, content: bytes) -> bytes:
    checked = kind + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))


def png(width: int, height: int, *chunks: bytes) -> bytes:
    """A grey PNG of any size that holds no pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"".join([b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", header), *chunks, chunk(b"IEND", b"")])


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def test_no_program_is_started_whatever_a_file_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_images(tmp_path / "data", (4, 4))
    (folder / CLASSES[0] / "000.png").write_bytes(EPS)
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "gs"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    with pytest.raises(InputError, match=r"000\.png in .* no image of a format that is read"):
        open_data(str(folder)).load(8)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("kind", ["EPS", "PCX", "TGA", "ICO", "SGI", "DDS"])
def test_other_formats_are_refused_and_those_that_are_read_named(kind: str) -> None:
    content = encoded(Image.new("RGB", (16, 16)), kind)
    with pytest.raises(InputError, match="PNG, JPEG, BMP, GIF, WEBP, TIFF and PPM"):
        decode_image(content)


@pytest.mark.parametrize("kind", FORMATS)
def test_formats_that_are_read_hold_what_pillow_finds(kind: str) -> None:
    content = encoded(Image.linear_gradient("L").convert("RGB").resize((9, 7)), kind)
    found = decode_image(content)
    expected = Image.open(io.BytesIO(content))
    assert found.mode == expected.mode
    assert found.tobytes() == expected.tobytes()


@pytest.mark.parametrize("orientation", range(9))
def test_pictures_are_turned_upright(orientation: int) -> None:
    from PIL import ImageOps

    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(Image.linear_gradient("L").resize((5, 3)), "PNG", exif=exif)
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
    found = decode_image(content)
    assert (found.size, found.tobytes()) == (expected.size, expected.tobytes())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it is empty"),
        (png(20_000, 20_000), "20000 x 20000 pixels, more than the 256 megapixels"),
        (png(2**31 - 1, 2**31 - 1), "more than the 256 megapixels"),
        (png(0, 5), "it "),
        (png(5, 5), "it is damaged"),
        (png(5, 5, chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(2**26)))), "it is damaged"),
        (encoded(Image.new("L", (9, 9)), "TIFF")[:60], "it "),
        (encoded(Image.new("L", (99, 99)), "JPEG")[:-80], "it is damaged"),
        (b"P5 99999999999999999999 1 255\n", "it "),
        (b"GIF89a\xff\xff\xff\xff\0\0\0" + bytes(20), "it "),
    ],
)
def test_bombs_and_damage_are_reasons(content: bytes, words: str) -> None:
    with pytest.raises(InputError) as caught:
        decode_image(content)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_large_scan_is_read_without_a_warning() -> None:
    """Pillow warns of 90 megapixels and refuses 179; here the limit is one that is stated."""
    before = Image.MAX_IMAGE_PIXELS
    assert decode_image(encoded(Image.new("1", (13_500, 13_500)), "PNG")).size == (13_500,) * 2
    assert before == Image.MAX_IMAGE_PIXELS


def test_picture_is_refused_that_free_memory_cannot_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    content = encoded(Image.new("1", (9000, 2000)), "PNG")
    monkeypatch.setattr(machine_memory, "free", lambda: 10**8)
    with pytest.raises(InputError, match=r"9000 x 2000 pixels, and the 0\.2 GB that decoding"):
        decode_image(content)


def test_only_the_first_of_many_pictures_is_read() -> None:
    frames = [Image.new("L", (4, 4), value) for value in range(50)]
    for kind in ("GIF", "TIFF", "WEBP", "PNG"):
        content = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
        assert np.asarray(decode_image(content).convert("L")).max() == 0


@pytest.mark.parametrize("size", [(60_000, 1), (1, 60_000), (65_000, 3)])
def test_thin_pictures_take_no_more_memory_than_others(size: tuple[int, int]) -> None:
    image = Image.new("L", size, 7)
    with mock.patch.object(Image.Image, "resize", autospec=True, side_effect=small_resize):
        assert (pixels(image, (1, 224, 224)) == 7).all()


_resize = Image.Image.resize


def small_resize(image: Image.Image, size: tuple[int, int], *rest: object) -> Image.Image:
    assert size[0] * size[1] <= decoding.RESIZED_LIMIT
    return _resize(image, size, *rest)  # type: ignore[arg-type]


@given(
    width=st.integers(1, 60),
    height=st.integers(1, 60),
    side=st.integers(1, 40),
    channels=st.sampled_from([1, 3]),
    seed=st.integers(0, 99),
)
def test_normal_pictures_are_scaled_and_cut_as_ever(
    width: int, height: int, side: int, channels: int, seed: int
) -> None:
    """The middle of the scaled picture; where the square is cut first, the same but for edges."""
    values = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    image = Image.fromarray(values).convert("L" if channels == 1 else "RGB")
    scale = side / min(image.size)
    size = [max(side, round(length * scale)) for length in image.size]
    whole = image if image.size == (side, side) else image.resize(size, Image.Resampling.BILINEAR)
    left, top = ((length - side) // 2 for length in whole.size)
    expected = np.asarray(whole.crop((left, top, left + side, top + side)))
    found = pixels(image, (channels, side, side))
    np.testing.assert_array_equal(found[0] if channels == 1 else found.transpose(1, 2, 0), expected)


def test_cutting_first_is_the_same_where_sizes_divide(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).integers(0, 256, (16, 32), dtype=np.uint8)
    usual = pixels(Image.fromarray(values), (1, 8, 8))
    monkeypatch.setattr(decoding, "RESIZED_LIMIT", 1)
    cut_first = pixels(Image.fromarray(values), (1, 8, 8))
    assert np.abs(usual.astype(int) - cut_first).max() <= 1


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "F"])
def test_every_mode_of_pixels_is_read(mode: str) -> None:
    image = Image.new(mode, (6, 5))
    for channels in (1, 3):
        assert pixels(image.copy(), (channels, 4, 4)).shape == (channels, 4, 4)


def test_palette_with_transparent_entries_says_nothing() -> None:
    image = Image.new("P", (4, 4))
    image.info["transparency"] = bytes([0, 128])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pixels(image, (3, 4, 4))


SAMPLES = [
    encoded(Image.linear_gradient("L").resize((12, 10)).convert(mode), kind)
    for kind in FORMATS
    for mode in ("L", "RGB")
]


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    sample=st.sampled_from(SAMPLES),
    changes=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=8),
    kept=st.integers(0, 4000),
)
def test_changed_pictures_are_read_or_refused(
    sample: bytes, changes: list[tuple[int, int]], kept: int
) -> None:
    content = bytearray(sample)
    for place, value in changes:
        content[place % len(content)] = value
    content = content[: kept or None]
    try:
        image = decode_image(bytes(content))
    except InputError:
        return
    assert pixels(image, (3, 8, 8)).shape == (3, 8, 8)


@given(st.binary(max_size=200))
@example(EPS)
@example(b"8BPS" + bytes(60))
@example(b"\x89HDF\r\n\x1a\n")
@example(b"BM" + bytes(80))
@example(b"II*\0\xff\xff\xff\xff")
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        decode_image(content)
    except InputError:
        return


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    folder = write_images(tmp_path / "data", (4, 4))
    os.mkfifo(folder / CLASSES[0] / "pipe.png")
    with pytest.raises(InputError, match=r"pipe\.png is no regular file"):
        open_data(str(folder))
    (folder / CLASSES[0] / "pipe.png").unlink()
    source = open_data(str(folder))
    (folder / CLASSES[0] / "000.png").unlink()
    os.mkfifo(folder / CLASSES[0] / "000.png")
    with pytest.raises(InputError, match=r"000\.png in the .* is no regular file"):
        source.load(8)


def test_files_that_vanish_or_grow_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_images(tmp_path / "data", (4, 4))
    source = open_data(str(folder))
    monkeypatch.setattr(image_file, "FILE_LIMIT", 10)
    with pytest.raises(InputError, match="is larger than"):
        source.load(8)
    (folder / CLASSES[0] / "000.png").unlink()
    with pytest.raises(InputError, match=r"does not exist|is larger than"):
        source.load(8)
    with pytest.raises(InputError):
        read_image_file(folder)


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../x.png",
        "a/../../x.png",
        "http://a/x.png",
        "hf://datasets/a/b.png",
        "zip://a.png::b.zip",
        "file:///etc/passwd",
        "a\0b",
        "/data/photos-of-others/x.png",
    ],
)
def test_paths_that_lead_outside_are_refused(path: str) -> None:
    with pytest.raises(InputError):
        place_inside(path, (Path("/data/photos"), Path("/data/more")))
    with pytest.raises(InputError):
        place_inside(path, ())


def test_paths_inside_are_taken_from_the_folder() -> None:
    folders = (Path("/data/photos"), Path("/data/more"))
    assert place_inside("a/./x.png", folders) == Path("/data/photos/a/x.png")
    assert place_inside("/data/more/x.png", folders) == Path("/data/more/x.png")


def test_a_full_disk_is_said_before_images_are_written_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(machine_memory, "free", lambda: 0)
    full = OSError(28, "No space left on device")
    monkeypatch.setattr(os, "posix_fallocate", mock.Mock(side_effect=full), raising=False)
    with pytest.raises(InputError, match=r"temporary files .* cannot hold them: No space left"):
        allocate((10**7, 3, 224, 224))
