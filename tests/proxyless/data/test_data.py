import gc
import shutil
import warnings
from pathlib import Path

import datasets
import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st
from PIL import Image
from support import CLASSES, SHARED_DATA, write_images

from proxyless import open_data
from proxyless.data.image_data import ImageData
from proxyless.data.splits import stratified
from search_spaces import InputError


def write_parquet(path: Path, counts: tuple[int, ...], names: tuple[str, ...] = CLASSES) -> Path:
    """Write images of one colour a class, as a Hugging Face data set would be."""
    labels = [label for label, count in enumerate(counts) for _ in range(count)]
    pictures = [Image.new("RGB", (6, 6), (60 * label, 0, 255)) for label in labels]
    features = datasets.Features(
        image=datasets.Image(), label=datasets.ClassLabel(names=list(names))
    )
    rows = datasets.Dataset.from_dict({"image": pictures, "label": labels}, features=features)
    path.parent.mkdir(parents=True, exist_ok=True)
    rows.to_parquet(str(path))
    return path


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", folder)


@pytest.fixture(scope="module")
def digits() -> ImageData:
    return open_data("digits").load(8)


def test_digits_are_1797_grey_images_of_ten_classes(digits: ImageData) -> None:
    assert digits.class_names == tuple("0123456789")
    assert (len(digits.train), len(digits.test)) == (1438, 359)
    assert digits.train.images.shape == (1438, 1, 8, 8)
    assert digits.train.images.dtype == torch.uint8
    assert int(digits.train.images.max()) == 255


def test_digits_are_the_same_each_time(digits: ImageData) -> None:
    again = open_data("digits").load(8)
    assert torch.equal(again.train.images, digits.train.images)
    assert torch.equal(again.test.labels, digits.test.labels)


def test_test_split_has_its_share_of_every_class(digits: ImageData) -> None:
    for label in range(10):
        train, test = (int((s.labels == label).sum()) for s in (digits.train, digits.test))
        assert test / (train + test) == pytest.approx(0.2, abs=0.02)


def test_statistics_are_those_of_the_training_images(digits: ImageData) -> None:
    pixels = digits.train.images.numpy() / 255
    assert digits.mean == pytest.approx((pixels.mean(),))
    assert digits.std == pytest.approx((pixels.std(),), rel=1e-3)


def test_grey_folder(images: Path) -> None:
    source = open_data(str(images))
    assert source.class_names == CLASSES
    assert (source.channels, source.size) == (1, 8)
    data = source.load(8)
    assert data.train.images.shape == (58, 1, 8, 8)
    assert data.test.images.shape == (14, 1, 8, 8)
    found = {bytes(image.numpy()) for image in (*data.train.images, *data.test.images)}
    written = {np.asarray(Image.open(path)).tobytes() for path in images.rglob("*.png")}
    assert found == written


def test_one_coloured_image_makes_all_of_them_coloured(tmp_path: Path) -> None:
    folder = write_images(tmp_path / "mixed", (4, 4))
    for number in range(2):  # one of which is sure not to be cut off for testing
        Image.new("RGB", (8, 8), (255, 0, 0)).save(folder / CLASSES[0] / f"00{number}.png")
    source = open_data(str(folder))
    assert source.channels == 3
    assert source.load(8).train.images.shape[1:] == (3, 8, 8)


def test_mixed_sizes_are_scaled_and_cut_to_the_space(tmp_path: Path) -> None:
    folder = write_images(tmp_path / "mixed", (4, 4), side=8)
    for number in range(2):
        Image.new("L", (20, 12), 200).save(folder / CLASSES[0] / f"00{number}.png")
    source = open_data(str(folder))
    assert source.size is None
    assert source.resolution(16) == 16
    data = source.load(10)
    assert data.train.images.shape[1:] == data.test.images.shape[1:] == (1, 10, 10)


def test_oblong_image_is_cut_in_the_middle(tmp_path: Path) -> None:
    folder = tmp_path / "oblong"
    pixels = np.zeros((8, 24), np.uint8)
    pixels[:, 8:16] = 255
    for name in CLASSES[:2]:
        (folder / name).mkdir(parents=True)
        for number in range(3):
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    assert (open_data(str(folder)).load(8).train.images == 255).all()


def test_small_images_keep_their_size(images: Path) -> None:
    source = open_data(str(images))
    assert source.resolution(32) == 8
    assert source.resolution(4) == 4


def test_sixteen_bit_images_are_scaled_not_clipped(tmp_path: Path) -> None:
    """Medical and scientific images are often of 16 bits."""
    folder = tmp_path / "deep"
    ramp = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)
    for name in CLASSES[:2]:
        (folder / name).mkdir(parents=True)
        for number in range(3):
            Image.fromarray(ramp).save(folder / name / f"{number}.png")
    found = open_data(str(folder)).load(8).train.images[0, 0].numpy()
    np.testing.assert_allclose(found, ramp / 257, atol=1.5)


def test_splits_in_folders_are_used_as_they_are(tmp_path: Path) -> None:
    write_images(tmp_path / "data" / "train", (5, 6))
    write_images(tmp_path / "data" / "test", (2, 2))
    data = open_data(str(tmp_path / "data")).load(8)
    assert (len(data.train), len(data.test)) == (11, 4)


def test_parquet_file(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "colours.parquet", (10, 10, 10))
    source = open_data(str(path))
    assert (source.class_names, source.channels, source.size) == (CLASSES, 3, 6)
    data = source.load(6)
    assert (len(data.train), len(data.test)) == (24, 6)
    for image, label in zip(data.train.images, data.train.labels, strict=True):
        assert image[:, 0, 0].tolist() == [60 * int(label), 0, 255]


def test_parquet_folder_with_a_test_file(tmp_path: Path) -> None:
    write_parquet(tmp_path / "data" / "train.parquet", (5, 5, 5))
    write_parquet(tmp_path / "data" / "test.parquet", (1, 2, 1))
    data = open_data(str(tmp_path / "data")).load(6)
    assert (len(data.train), len(data.test)) == (15, 4)


def test_cifar_is_opened_from_parquet() -> None:
    path = SHARED_DATA / "cifar10" / "test.parquet"
    if not path.is_file():
        pytest.skip("CIFAR-10 is not beside this checkout (shared data)")
    source = open_data(str(path))
    assert (len(source.class_names), source.channels, source.size) == (10, 3, 32)
    assert len(source.train) + len(source.test) == 5000


def test_one_class_is_not_enough(tmp_path: Path) -> None:
    folder = write_images(tmp_path / "one", (4,))
    with pytest.raises(InputError, match="class") as caught:
        open_data(str(folder))
    assert str(folder) in str(caught.value)
    path = write_parquet(tmp_path / "one.parquet", (4,), CLASSES[:1])
    with pytest.raises(InputError, match=r"has 1 class \(dots\): a classifier needs at least two"):
        open_data(str(path))


def refusal(folder: Path) -> str:
    """What is said of a folder; the file that `datasets` forgets to close is closed here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        sentence = ""
        try:
            open_data(str(folder)).load(8)
        except InputError as error:
            sentence = str(error)
        gc.collect()
    return sentence


@pytest.mark.parametrize("count", [8, 200])
@pytest.mark.parametrize("fault", ["text", "truncated"])
def test_unreadable_image_is_named(tmp_path: Path, count: int, fault: str) -> None:
    """Also where it is not among those that are looked at first."""
    folder = write_images(tmp_path / "data", (count, count))
    path = folder / CLASSES[1] / "005.png"
    content = path.read_bytes()
    path.write_bytes(b"not a picture" if fault == "text" else content[: len(content) - 30])
    sentence = refusal(folder)
    assert str(path) in sentence
    assert "cannot be read" in sentence
    assert "\n" not in sentence


def test_class_with_one_image_is_named(tmp_path: Path) -> None:
    folder = write_images(tmp_path / "data", (6, 1, 6))
    with pytest.raises(InputError, match=f"class {CLASSES[1]!r} has 1 images"):
        open_data(str(folder))


def test_absent_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"data folder .*absent does not exist"):
        open_data(str(tmp_path / "absent"))
    with pytest.raises(InputError, match=r"data file .*absent\.parquet does not exist"):
        open_data(str(tmp_path / "absent.parquet"))


def test_folder_without_images_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(InputError, match="cannot be opened"):
        open_data(str(tmp_path / "data"))


def test_damaged_parquet_is_refused(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "data.parquet", (5, 5))
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InputError, match="cannot be opened") as caught:
        open_data(str(path))
    assert str(path) in str(caught.value)


def test_data_without_labels_lists_its_columns(tmp_path: Path) -> None:
    rows = datasets.Dataset.from_dict({"text": ["a", "b"], "score": [1, 2]})
    rows.to_parquet(str(tmp_path / "text.parquet"))
    with pytest.raises(InputError, match="has no image column; its columns are text, score"):
        open_data(str(tmp_path / "text.parquet"))


def test_changed_folder_is_read_anew(tmp_path: Path) -> None:
    folder = write_images(tmp_path / "data", (5, 5))
    assert len(open_data(str(folder)).train) == 8
    shutil.copy(folder / CLASSES[0] / "000.png", folder / CLASSES[0] / "extra.png")
    assert len(open_data(str(folder)).train) == 9


@given(
    st.lists(st.integers(4, 30), min_size=2, max_size=5), st.floats(0.1, 0.5), st.integers(0, 99)
)
def test_stratified_cut_is_a_partition_with_every_class_in_it(
    counts: list[int], share: float, seed: int
) -> None:
    labels = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    labels = labels[torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))]
    names = [str(number) for number in range(len(counts))]
    rest, held_out = stratified(labels, share, names, seed)
    assert sorted([*rest.tolist(), *held_out.tolist()]) == list(range(len(labels)))
    assert len(held_out) == max(len(counts), round(share * len(labels)))
    for label, count in enumerate(counts):
        cut = int((labels[held_out] == label).sum())
        assert cut < count
        assert abs(cut - share * count) < len(counts) + 1
    again = stratified(labels, share, names, seed)
    assert torch.equal(rest, again[0])
    assert torch.equal(held_out, again[1])


def test_other_seed_other_cut() -> None:
    labels = torch.arange(100) % 2
    cuts = [stratified(labels, 0.2, ("a", "b"), seed)[1] for seed in (0, 1)]
    assert not torch.equal(*cuts)


def test_a_share_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(InputError):
        stratified(torch.arange(10) % 2, 0.99, ("a", "b"), 0)


def test_classes_can_be_counted_as_a_network_does_that_was_trained_before(images: Path) -> None:
    source = open_data(str(images))
    names = tuple(reversed(source.class_names))
    turned = source.with_classes_as(names)
    assert turned.class_names == names
    before, after = source.load(8), turned.load(8)
    assert torch.equal(before.train.images, after.train.images)
    assert torch.equal(before.train.labels, len(names) - 1 - after.train.labels)
    assert source.with_classes_as(["other"]) is source
