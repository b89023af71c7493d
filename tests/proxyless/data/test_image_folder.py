"""Folders in the usual layout come out as `datasets` reads them, without its detours."""

import os
from pathlib import Path

import datasets
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image
from support import write_images

from proxyless.data.finding import find_data
from proxyless.data.image_folder import check_listing, read_image_folder as read_listed
from proxyless.data.listing import list_files
from proxyless.data.rows import Splits
from search_spaces import InputError

WORD = st.text("ab -_.1", min_size=1, max_size=4).filter(
    lambda word: word.strip(" .") == word and not word.startswith(("__", "."))
)
SPLITS = [("",), ("train", "test"), ("train", "val"), ("training", "dev", "eval")]


def write(folder: Path, names: list[str]) -> Path:
    """Write a small image under each name."""
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((2, 2), number % 256, np.uint8)).save(path, "PNG")
    return folder


def read_image_folder(folder: Path) -> Splits | None:
    return read_listed(folder, list_files(folder))


def plain(rows: datasets.Dataset) -> tuple[list[str], list[int], list[str]]:
    """Return paths, labels and names of classes."""
    stored = rows.cast_column("image", datasets.Image(decode=False))
    paths = [os.path.realpath(one["path"]) for one in stored["image"]]
    return paths, list(rows["label"]), rows.features["label"].names


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path_factory.mktemp("cache"))
    datasets.disable_progress_bars()


@settings(max_examples=10)
@given(
    splits=st.sampled_from(SPLITS),
    classes=st.lists(WORD, min_size=2, max_size=4, unique=True),
    images=st.lists(WORD, min_size=1, max_size=3, unique=True),
)
def test_the_usual_layout_is_read_as_datasets_reads_it(
    tmp_path_factory: pytest.TempPathFactory,
    splits: tuple[str, ...],
    classes: list[str],
    images: list[str],
) -> None:
    """Same splits, classes and images in the same order: a test split must not move."""
    folder = tmp_path_factory.mktemp("images")
    write(folder, [f"{s}/{c}/{i}.png".lstrip("/") for s in splits for c in classes for i in images])
    (folder / "notes.txt").write_text("no image")
    ours = read_image_folder(folder)
    theirs = datasets.load_dataset("imagefolder", data_dir=str(folder))
    assert ours is not None
    assert list(ours) == list(theirs)
    for split in theirs:
        assert plain(ours[split]) == plain(theirs[split])


@pytest.mark.parametrize(
    "names",
    [
        ["a/1.png", "b/2.png", "b/deeper/3.png"],
        ["1.png", "2.png"],
        ["a/1.png", "a/2.png"],
        ["a/train_1.png", "b/test_1.png"],
        ["test/a/1.png", "test/b/1.png", "more/a/1.png", "more/b/1.png"],
        ["dev/a/1.png", "dev/b/1.png", "val/a/1.png", "val/b/1.png"],
        ["train/a/1.png", "train/b/1.png", "test/a/1.png"],
    ],
)
def test_other_layouts_are_left_to_datasets(tmp_path: Path, names: list[str]) -> None:
    assert read_image_folder(write(tmp_path, names)) is None


@pytest.mark.parametrize("file", ["metadata.csv", "a/1.png.gz"])
def test_files_that_datasets_makes_something_of_are_left_to_it(tmp_path: Path, file: str) -> None:
    folder = write(tmp_path, ["a/1.png", "b/1.png"])
    assert read_image_folder(folder) is not None
    (folder / file).touch()
    assert read_image_folder(folder) is None


AMONG = r"\.(zip|ZIP) is an archive among the images: unpack"


@pytest.mark.parametrize("file", ["a/1.png.zip", "b/1.PNG.ZIP"])
def test_archives_with_names_of_images_are_refused(tmp_path: Path, file: str) -> None:
    folder = write(tmp_path, ["a/1.png", "b/1.png"])
    (folder / file).touch()
    with pytest.raises(InputError, match=AMONG):
        check_listing(folder, list_files(folder))


@pytest.mark.parametrize("file", ["more.zip", "b/more.ZIP"])
def test_archives_beside_images_are_left_out_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, file: str
) -> None:
    folder = write(tmp_path, ["a/1.png", "a/2.zip.png", "b/1.png", "b/2.png"])
    assert find_data(str(folder)).class_names == ["a", "b"]
    assert caplog.text == ""
    (folder / file).touch()
    assert find_data(str(folder)).class_names == ["a", "b"]
    assert f"{folder / file} is an archive and left out: unpack what belongs here" in caplog.text


@pytest.mark.parametrize("file", ["more.zip", "b/more.ZIP"])
def test_archives_that_datasets_would_unpack_are_refused(tmp_path: Path, file: str) -> None:
    folder = write(tmp_path, ["a/1.png", "b/1.png", "b/deeper/2.png"])
    (folder / file).touch()
    with pytest.raises(InputError, match=AMONG):
        find_data(str(folder))


def test_hidden_files_and_links_back_are_passed_over(tmp_path: Path) -> None:
    folder = write_images(tmp_path / "data", (2, 2))
    write(folder, [".thumbnails/1.png", "__pycache__/1.png", "dots/.2.png"])
    (folder / "dots" / "back").symlink_to(folder, target_is_directory=True)
    found = read_image_folder(folder)
    assert found is not None
    assert len(found["train"]) == 4
