"""Opening a data set: determining its columns, classes, channels and image size."""

from collections.abc import Sequence

import numpy as np
import torch

from search_spaces import InputError

from .digits import DIGITS, digits_splits
from .finding import find_data
from .found import Found
from .labels import encode_labels
from .source import Source
from .splits import TEST_SHARE, stratified
from .stored_images import StoredImages, check_stored, shown

PROBED_IMAGES = 64
TEST_SPLITS = ("test", "validation", "valid")


def open_data(source: str) -> Source:
    """Open ``digits``, a Parquet file or folder, an image folder, or ``owner/name`` of the hub.

    ``hub:NAME`` contacts the hub for a name of any form; otherwise only ``owner/name`` does. Slow
    operations are reported to the logger ``proxyless.data``.

    Class names, channels and image size are taken from the data; labels are checked, and images
    are checked to be there. Without a test split, a fifth of the images becomes one, in a
    stratified split that is always the same.

    Raises:
        InputError: it cannot be opened, has no image or label column, fewer than two classes, or a
            label that names no class.
    """
    found = Found.of(digits_splits(), source) if source == DIGITS else find_data(source)
    names, stored = _stored(found, source)
    train, *tests = stored
    test = tests[0] if tests else None
    if len(names) < 2:
        raise InputError(
            f"data set {source} has {len(names)} class{'' if len(names) == 1 else 'es'} "
            f"({', '.join(map(shown, names))}): a classifier needs at least two, one folder or "
            "label each"
        )
    if test is None:
        labels = torch.from_numpy(train.labels)
        remaining, held_out = stratified(labels, TEST_SHARE, names, 0)
        train, test = train.take(remaining.tolist()), train.take(held_out.tolist())
    channels, size = _probe(train)
    return Source(source, names, channels, size, train, test, cut=not tests)


def _stored(found: Found, source: str) -> tuple[tuple[str, ...], Sequence[StoredImages]]:
    """Return the classes, and the images of the training split and, if there is one, test split."""
    splits = found.splits
    first = "train" if "train" in splits else next(iter(splits))
    test = next((name for name in TEST_SPLITS if name in splits), first)
    used = [first] if test == first else [first, test]
    for name in used:
        if len(splits[name]) == 0:
            raise InputError(f"data set {source} has no images in its {name} split")
    columns = {name: splits[name].data.column(found.label_column) for name in used}
    names, labels = encode_labels(columns, found.class_names, source)
    stored = []
    for name in used:
        place = f"the {name} split of {source}"
        check_stored(splits[name], found.image_column, found.folders, place)
        numbers = np.arange(len(splits[name]))
        stored.append(
            StoredImages(
                splits[name], found.image_column, labels[name], numbers, found.folders, place
            )
        )
    return names, stored


def _probe(images: StoredImages) -> tuple[int, int | None]:
    """Return channels, and the side of the images if the ones looked at are squares of one size."""
    indices = np.unique(np.linspace(0, len(images) - 1, PROBED_IMAGES).astype(int)).tolist()
    modes, sizes = set(), set()
    for index in indices:
        for picture in images.decoded(index, index + 1):
            modes.add(picture.mode)
            sizes.add(picture.size)
    channels = 1 if modes <= {"1", "L", "I", "F", "I;16"} else 3
    width, height = next(iter(sizes))
    return channels, width if len(sizes) == 1 and width == height else None
