"""Images and labels from anywhere `datasets` can read, decoded once into tensors."""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import psutil
import torch
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from search_spaces import InputError

from .config.task import DIGITS
from .data_files import load_splits
from .saying import counter

TEST_SHARE = 0.2
PROBED_IMAGES = 64
DECODED_AT_ONCE = 256
LABEL_COLUMNS = ("label", "labels", "class", "target")
UNREADABLE = (UnidentifiedImageError, OSError, SyntaxError, ValueError)


@dataclass(frozen=True)
class Split:
    """Images as uint8 of shape (N, channels, resolution, resolution) and labels of shape (N,)."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices: Tensor) -> "Split":
        """Return the images at ``indices``."""
        return Split(self.images[indices], self.labels[indices])


@dataclass(frozen=True)
class ImageData:
    """A data set in memory; ``mean`` and ``std`` are the training images' per channel, of 0..1."""

    name: str
    class_names: tuple[str, ...]
    train: Split
    test: Split
    mean: tuple[float, ...]
    std: tuple[float, ...]


@dataclass(frozen=True)
class Source:
    """A data set that was opened but not decoded.

    ``size`` is the side of its images in pixels where all of them are squares of one size;
    ``cut`` is whether the test images were cut off the only split there is.
    """

    name: str
    class_names: tuple[str, ...]
    channels: int
    size: int | None
    train: Any
    test: Any
    image_column: str
    label_column: str
    cut: bool = False

    def resolution(self, preferred: int) -> int:
        """Return the data's own size, unless that varies or is larger than the space's."""
        return self.size if self.size is not None and self.size < preferred else preferred

    def load(self, resolution: int) -> ImageData:
        """Decode every image at ``resolution`` x ``resolution``.

        Raises:
            InputError: an image cannot be decoded; names it.
        """
        total = len(self.train) + len(self.test)
        count = counter(f"opening {self.name}", total, "images")
        train = self._decode("train", self.train, resolution, count)
        test = self._decode(
            "test", self.test, resolution, lambda done: count(len(self.train) + done)
        )
        for split_name, split in (("training", train), ("test", test)):
            if len(split) == 0:
                raise InputError(f"data set {self.name} has no {split_name} images")
        mean, std = _statistics(train.images)
        return ImageData(self.name, self.class_names, train, test, mean, std)

    def _decode(
        self, split: str, rows: Any, resolution: int, count: Callable[[int], None]
    ) -> Split:
        shape = (len(rows), self.channels, resolution, resolution)
        images = _allocate(shape)
        for start in range(0, len(rows), DECODED_AT_ONCE):
            place = f"the {split} split of {self.name}"
            for index, image in _pictures(rows, self.image_column, start, place):
                images[index] = _pixels(image, shape[1:])
            count(min(start + DECODED_AT_ONCE, len(rows)))
        labels = torch.tensor(np.asarray(rows[self.label_column]), dtype=torch.int64)
        return Split(torch.from_numpy(images), labels)


def open_data(source: str) -> Source:
    """Open ``digits``, a Parquet file or folder, an image folder, or ``owner/name`` of the hub.

    ``hub:NAME`` asks the hub whatever the form of the name; nothing else but ``owner/name`` does.
    What takes long is said to the logger ``proxyless.data``.

    Class names, channels and image size are taken from the data. A data set without a test split
    has a fifth of its images cut off as one, class by class and always the same.

    Raises:
        InputError: it cannot be opened, has no image or label column, or fewer than two classes.
    """
    splits = dict(_digits() if source == DIGITS else load_splits(source))
    image_column, label_column = _columns(next(iter(splits.values())), source)
    splits = _named_classes(splits, label_column)
    train = splits.get("train", next(iter(splits.values())))
    names = tuple(train.features[label_column].names)
    if len(names) < 2:
        raise InputError(
            f"data set {source} has {len(names)} class{'' if len(names) == 1 else 'es'} "
            f"({', '.join(names)}): a classifier needs at least two, one folder or label each"
        )
    test = next((splits[name] for name in ("test", "validation", "valid") if name in splits), None)
    cut = test is None or test is train
    if cut:
        labels = torch.tensor(np.asarray(train[label_column]))
        rest, held_out = stratified(labels, TEST_SHARE, names, 0)
        train, test = train.select(rest.tolist()), train.select(held_out.tolist())
    sample = _probe(train, image_column, source)
    channels = 1 if all(mode in ("1", "L", "I", "F", "I;16") for mode, _ in sample) else 3
    sizes = {size for _, size in sample}
    width, height = next(iter(sizes))
    size = width if len(sizes) == 1 and width == height else None
    return Source(source, names, channels, size, train, test, image_column, label_column, cut)


def stratified(
    labels: Tensor, share: float, class_names: Iterable[str], seed: int
) -> tuple[Tensor, Tensor]:
    """Cut ``share`` of every class off: indices of the rest, and of the part cut off."""
    from sklearn.model_selection import train_test_split

    names = list(class_names)
    counts = torch.bincount(labels, minlength=len(names))
    if int(counts.min()) < 2:
        rare = names[int(counts.argmin())]
        raise InputError(
            f"class {rare!r} has {int(counts.min())} images: every class needs at least 2 in each "
            "part that is cut from the training set"
        )
    size = max(len(names), round(share * len(labels)))
    if len(labels) - size < len(names):
        raise InputError(
            f"holding out {share:g} of {len(labels)} images leaves fewer than one for each of "
            f"{len(names)} classes to learn from: lower `validation_share` {share:g}"
        )
    rest, held_out = train_test_split(
        np.arange(len(labels)),
        test_size=size,
        stratify=labels.numpy(),
        random_state=seed,
    )
    return torch.from_numpy(np.sort(rest)), torch.from_numpy(np.sort(held_out))


def _digits() -> Any:
    """Scikit-learn's bundled handwritten digits: 1797 grey images of 8 x 8 pixels, 16 levels."""
    import datasets
    from sklearn.datasets import load_digits

    digits = load_digits()
    pictures = [Image.fromarray(image) for image in (digits.images / 16 * 255).astype(np.uint8)]
    features = datasets.Features(
        image=datasets.Image(),
        label=datasets.ClassLabel(names=[str(name) for name in digits.target_names]),
    )
    columns = {"image": pictures, "label": digits.target.tolist()}
    return {"train": datasets.Dataset.from_dict(columns, features=features)}


def _columns(rows: Any, source: str) -> tuple[str, str]:
    import datasets

    images = [n for n, kind in rows.features.items() if isinstance(kind, datasets.Image)]
    labels = [n for n, kind in rows.features.items() if isinstance(kind, datasets.ClassLabel)]
    labels = labels or [name for name in LABEL_COLUMNS if name in rows.features]
    if images and not labels:
        raise InputError(
            f"data set {source} has no labels to tell classes apart (its columns are "
            f"{', '.join(rows.features)}): a folder needs two folders of images, one a class"
        )
    if not images:
        raise InputError(
            f"data set {source} has no image column; its columns are {', '.join(rows.features)}"
        )
    return images[0], labels[0]


def _named_classes(splits: dict[str, Any], column: str) -> dict[str, Any]:
    """Turn plain numbers or words in a label column into classes, named after themselves."""
    import datasets

    first = next(iter(splits.values()))
    if isinstance(first.features[column], datasets.ClassLabel):
        return splits
    classes = first.class_encode_column(column).features[column]
    text = datasets.Value("string")
    return {
        name: rows.cast_column(column, text).cast_column(column, classes)
        for name, rows in splits.items()
    }


def _probe(rows: Any, column: str, source: str) -> list[tuple[str, tuple[int, int]]]:
    indices = np.unique(np.linspace(0, len(rows) - 1, PROBED_IMAGES).astype(int)).tolist()
    pictures = [_picture(rows, index, column, source) for index in indices]
    return [(picture.mode, picture.size) for picture in pictures]


def _pictures(rows: Any, column: str, start: int, place: str) -> Iterator[tuple[int, Image.Image]]:
    stop = min(start + DECODED_AT_ONCE, len(rows))
    try:
        yield from enumerate(rows[start:stop][column], start)
    except UNREADABLE:
        for index in range(start, stop):
            yield index, _picture(rows, index, column, place)


def _picture(rows: Any, index: int, column: str, place: str) -> Image.Image:
    import datasets

    try:
        picture: Image.Image = rows[index][column]
    except UNREADABLE as error:
        stored = rows.cast_column(column, datasets.Image(decode=False))[index][column]
        name = stored.get("path") or f"image {index}"
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"{name} in {place} cannot be read: {reason}; replace or remove it"
        ) from None
    return picture


def _pixels(image: Image.Image, shape: tuple[int, ...]) -> NDArray[np.uint8]:
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
    pixels = np.asarray(image)
    return pixels[None] if channels == 1 else pixels.transpose(2, 0, 1)


def _allocate(shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Use memory, or a temporary file where the images would fill more than half of it."""
    if np.prod(shape) < psutil.virtual_memory().available / 2:
        return np.empty(shape, np.uint8)
    with tempfile.TemporaryFile() as file:
        return np.memmap(file, np.uint8, "w+", shape=shape)


def _statistics(images: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    sums = torch.zeros(images.shape[1], dtype=torch.float64)
    squares, pixels = torch.zeros_like(sums), 0
    for some in torch.split(images, DECODED_AT_ONCE):
        values = some.double() / 255
        sums, squares = sums + values.sum((0, 2, 3)), squares + (values**2).sum((0, 2, 3))
        pixels += values[:, 0].numel()
    mean = sums / pixels
    std = (squares / pixels - mean**2).clamp(min=1e-6).sqrt()
    return tuple(mean.tolist()), tuple(std.tolist())
