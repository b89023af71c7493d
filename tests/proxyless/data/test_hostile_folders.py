"""Folders of strangers: pipes, circles, depths, names and metadata that lead outside."""

import gc
import os
import shutil
import tracemalloc
import warnings
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import datasets
import pytest
from PIL import Image
from support import CLASSES, write_images

from proxyless import open_data
from proxyless.data import hub
from proxyless.data.hub import load_hub_splits
from proxyless.data.listing import list_files
from proxyless.data.metadata import check_metadata
from proxyless.data.rows import load_dataset
from search_spaces import InputError


@pytest.fixture(autouse=True)
def cache(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Use a cache of our own; files of metadata that `datasets` forgets to close are closed."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path_factory.mktemp("cache"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return write_images(tmp_path / "photos", (4, 4))


def refusal(source: object) -> str:
    with pytest.raises(InputError) as caught:
        open_data(str(source)).load(8)
    return str(caught.value)


def test_links_are_followed_and_folders_have_their_own_names(tmp_path: Path, photos: Path) -> None:
    (tmp_path / "linked").mkdir()
    for name in CLASSES[:2]:
        (tmp_path / "linked" / name).symlink_to(photos / name)
    source = open_data(str(tmp_path / "linked"))
    assert source.class_names == tuple(CLASSES[:2])
    (photos / "0 another name").symlink_to(photos / CLASSES[0])
    assert open_data(str(photos)).class_names == tuple(CLASSES[:2])


def test_circles_end(photos: Path) -> None:
    for name in CLASSES[:2]:
        for number in range(3):
            (photos / name / f"up{number}").symlink_to(photos)
    assert list_files(photos).circular is not None
    assert len(open_data(str(photos)).train) == 6
    shutil.move(photos / CLASSES[0] / "000.png", photos / "loose.png")
    assert "is a link to a folder that it lies in: remove it" in refusal(photos)


def test_links_to_nothing_and_to_themselves_are_said(photos: Path) -> None:
    (photos / CLASSES[0] / "gone.png").symlink_to(photos / "nowhere.png")
    assert "gone.png is no regular file, or a link to nothing" in refusal(photos)
    (photos / CLASSES[0] / "gone.png").unlink()
    (photos / CLASSES[0] / "self.png").symlink_to(photos / CLASSES[0] / "self.png")
    assert "self.png is no regular file, or a link to nothing" in refusal(photos)


def test_depth_has_a_limit(photos: Path) -> None:
    here = os.getcwd()
    try:
        os.chdir(photos)
        for _ in range(300):
            os.mkdir("deep")
            os.chdir("deep")
    finally:
        os.chdir(here)
    assert "more than 64 deep" in refusal(photos)
    shutil.move(photos / "deep", photos / "cut")  # whose removal does not recurse
    while (photos / "cut").exists():
        _shorten(photos / "cut", photos / "next")


def _shorten(folder: Path, spare: Path) -> None:
    """Remove the outermost of folders inside each other."""
    inner = folder / "deep"
    if inner.exists():
        inner.rename(spare)
        folder.rmdir()
        spare.rename(folder)
    else:
        folder.rmdir()


def test_folders_that_cannot_be_read_are_said(photos: Path) -> None:
    scandir = os.scandir

    def refusing(folder: Path) -> object:
        if Path(folder).name == CLASSES[1]:
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    with mock.patch("os.scandir", refusing):
        assert f"{CLASSES[1]} cannot be read: Permission denied" in refusal(photos)


def test_names_that_are_no_text_are_said(photos: Path) -> None:
    odd = os.fsencode(photos / CLASSES[0]) + b"/\xff.png"
    try:
        shutil.copy(os.fsencode(photos / CLASSES[0] / "000.png"), odd)
    except OSError:
        pytest.skip("this file system has no such names")
    sentence = refusal(photos)
    assert "is no text in UTF-8: rename it" in sentence
    assert sentence.isprintable()


def test_class_names_with_control_characters_are_refused(photos: Path) -> None:
    (photos / CLASSES[0]).rename(photos / "red\x1b[31m")
    sentence = refusal(photos)
    assert "holds control characters" in sentence
    assert sentence.isprintable()


def test_a_class_that_only_the_test_folder_has(tmp_path: Path) -> None:
    write_images(tmp_path / "d" / "train", (4, 4))
    write_images(tmp_path / "d" / "test", (2, 2, 2))
    assert f"class {CLASSES[2]!r} has images in the test split" in refusal(tmp_path / "d")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("metadata.csv", "file_name,label\n0.png,a\n{},b\n"),
        ("metadata.jsonl", '{{"file_name": "0.png", "label": "a"}}\n{{"file_name": "{}"}}\n'),
        ("metadata.jsonl", '{{"file_names": ["0.png"]}}\n{{"file_names": ["1.png", "{}"]}}\n'),
    ],
)
@pytest.mark.parametrize("outside", ["../secret.png", "/etc/passwd", "http://127.0.0.1:1/a.png"])
def test_metadata_names_nothing_outside(
    tmp_path: Path, name: str, content: str, outside: str
) -> None:
    (tmp_path / "d").mkdir()
    Image.new("L", (8, 8)).save(tmp_path / "secret.png")
    Image.new("L", (8, 8)).save(tmp_path / "d" / "0.png")
    (tmp_path / "d" / name).write_text(content.format(outside))
    sentence = refusal(tmp_path / "d")
    assert f"row 1 (counted from 0) of {tmp_path / 'd' / name} is refused" in sentence


@pytest.mark.parametrize("mark", ["\u2028", "\x0b", "\x0c", "\x1c", "\x85"])
def test_lines_of_metadata_end_where_they_do_for_datasets(tmp_path: Path, mark: str) -> None:
    for number in range(2):
        Image.new("L", (8, 8)).save(tmp_path / f"{number}.png")
    metadata = tmp_path / "metadata.csv"
    metadata.write_text(f"label{mark}x,file_name,label\na,0.png,a\nb,../secret.png,b\n", "utf-8")
    with pytest.raises(InputError, match=r"row 1 .* of the file name '\.\./secret\.png'"):
        check_metadata(metadata)


def test_a_column_without_a_title_moves_no_other(tmp_path: Path) -> None:
    """`datasets` takes the first cell for the row's number then, and the second for the name."""
    metadata = tmp_path / "metadata.csv"
    metadata.write_text("file_name,label\n0.png,../secret.png,a\n")
    with pytest.raises(InputError, match=r"row 0 .* has 3 cells under 2 titles"):
        check_metadata(metadata)


@pytest.mark.parametrize("name", ["metadata.csv", "metadata.jsonl"])
def test_large_metadata_are_read_line_by_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    row = "n{0:08}/n{0:08}_{0}.JPEG,{0}\n"
    if name.endswith("l"):
        row = '{{"file_name": "n{0:08}/n{0:08}_{0}.JPEG", "label": {0}}}\n'
    metadata = tmp_path / name
    metadata.write_text(
        "file_name,label\n" * ("csv" in name) + "".join(map(row.format, range(20_000)))
    )
    assert metadata.stat().st_size < 2**21
    tracemalloc.start()
    check_metadata(metadata)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2**19
    monkeypatch.setattr("proxyless.data.metadata.METADATA_LIMIT", 2**19)
    with pytest.raises(InputError, match=r"is larger than the .* MiB that are read"):
        check_metadata(metadata)


@pytest.mark.parametrize("name", ["metadata.csv", "metadata.jsonl"])
def test_a_line_of_metadata_has_a_length(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("proxyless.data.metadata.LINE_LIMIT", 1000)
    (tmp_path / name).write_text("x" * 2000)
    with pytest.raises(InputError, match=r"line 1 of .* is too long"):
        check_metadata(tmp_path / name)
    (tmp_path / name).write_bytes(b"\xff")
    with pytest.raises(InputError, match="is not UTF-8 text after line 0"):
        check_metadata(tmp_path / name)


@pytest.mark.parametrize("module", ["listing.os", "image_folder._image_suffixes"])
def test_faults_of_ours_are_not_blamed_on_the_data(
    photos: Path, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    monkeypatch.setattr(f"proxyless.data.{module}", None)
    with pytest.raises((TypeError, AttributeError), match="NoneType"):
        open_data(str(photos))


def test_what_readers_say_of_data_is_a_sentence(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.move(photos / CLASSES[0] / "000.png", photos / "loose.png")
    failing = mock.Mock(side_effect=KeyError("column"))
    monkeypatch.setattr("proxyless.data.finding.load_dataset", failing)
    assert "cannot be opened: 'column'" in refusal(photos)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("metadata.jsonl", "[" * 100_000),
        ("metadata.jsonl", "5\n"),
        ("metadata.jsonl", '{"file_name": 5}\n'),
        ("metadata.jsonl", '{"other": 5}\n'),
        ("metadata.csv", "file_name,label\n" + "x" * 200_000 + ",a\n"),
        ("metadata.csv", "other\n5\n"),
        ("metadata.csv", "file_name,label\nnone.png,a\n"),
        ("metadata.csv", "\xff\0"),
        ("metadata.csv", ""),
        ("metadata.parquet", "no parquet"),
    ],
)
def test_hostile_metadata_is_refused(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / "d").mkdir()
    for number in range(4):
        Image.new("L", (8, 8)).save(tmp_path / "d" / f"{number}.png")
    (tmp_path / "d" / name).write_text(content, "latin-1")
    assert "\n" not in refusal(tmp_path / "d")


def test_metadata_inside_is_read(tmp_path: Path) -> None:
    (tmp_path / "d" / "in").mkdir(parents=True)
    lines = ["file_name,label"]
    for number in range(12):
        Image.new("L", (8, 8), number).save(tmp_path / "d" / "in" / f"{number}.png")
        lines.append(f"in/{number}.png,{number % 2}")
    (tmp_path / "d" / "metadata.csv").write_text("\n".join(lines))
    data = open_data(str(tmp_path / "d")).load(8)
    for split in (data.train, data.test):
        assert (split.images[:, 0, 0, 0] % 2 == split.labels).all()


@pytest.mark.parametrize(
    "source",
    [
        "",
        "~nobody-of-that-name/x",
        "a" * 5000,
        "a\0b",
        "hub:../x",
        "hub:/etc",
        "hub:",
        "hub:a/b/c",
        "hub:a/..",
    ],
)
def test_odd_names_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(hub, "unreachable_reason", mock.Mock(side_effect=AssertionError("asked")))
    assert refusal(source)


def test_what_lies_here_is_not_read_in_place_of_the_hub(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(photos.parent)
    with pytest.raises(InputError, match="photos is asked of the hub, but lies here too"):
        load_hub_splits("photos")


def test_programs_that_come_with_data_are_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Releases of `datasets` before 4 have this setting; an environment variable turns it on."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_TRUST_REMOTE_CODE", True, raising=False)
    seen = []
    monkeypatch.setattr(
        datasets,
        "load_dataset",
        lambda name: seen.append(getattr(datasets.config, "HF_DATASETS_TRUST_REMOTE_CODE")),  # noqa: B009
    )
    load_dataset("owner/name")
    assert seen == [False]
    assert getattr(datasets.config, "HF_DATASETS_TRUST_REMOTE_CODE") is True  # noqa: B009
