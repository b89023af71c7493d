"""Opening a data set: determining its columns, classes, channels and image size."""

import numpy as np
import torch

from search_spaces import InputError

from .columns import find_columns, with_named_classes
from .decoding import decode
from .digits import DIGITS, digits_splits
from .finding import load_splits
from .rows import Rows, Splits
from .source import Source
from .splits import TEST_SHARE, stratified

PROBED_IMAGES = 64


def open_data(source: str) -> Source:
    """Open ``digits``, a Parquet file or folder, an image folder, or ``owner/name`` of the hub.

    ``hub:NAME`` contacts the hub for a name of any form; otherwise only ``owner/name`` does. Slow
    operations are reported to the logger ``proxyless.data``.

    Class names, channels and image size are taken from the data. Without a test split, a fifth of
    the images becomes one, in a stratified split that is always the same.

    Raises:
        InputError: it cannot be opened, has no image or label column, or fewer than two classes.
    """
    splits: Splits = dict(digits_splits() if source == DIGITS else load_splits(source))
    image_column, label_column = find_columns(next(iter(splits.values())), source)
    splits = with_named_classes(splits, label_column)
    train = splits.get("train", next(iter(splits.values())))
    names = tuple(train.features[label_column].names)
    if len(names) < 2:
        raise InputError(
            f"data set {source} has {len(names)} class{'' if len(names) == 1 else 'es'} "
            f"({', '.join(names)}): a classifier needs at least two, one folder or label each"
        )
    test = next((splits[name] for name in ("test", "validation", "valid") if name in splits), train)
    cut = test is train
    if cut:
        labels = torch.tensor(np.asarray(train[label_column]))
        remaining, held_out = stratified(labels, TEST_SHARE, names, 0)
        train, test = train.select(remaining.tolist()), train.select(held_out.tolist())
    sample = _probe(train, image_column, source)
    channels = 1 if all(mode in ("1", "L", "I", "F", "I;16") for mode, _ in sample) else 3
    sizes = {size for _, size in sample}
    width, height = next(iter(sizes))
    size = width if len(sizes) == 1 and width == height else None
    return Source(source, names, channels, size, train, test, image_column, label_column, cut)


def _probe(rows: Rows, column: str, source: str) -> list[tuple[str, tuple[int, int]]]:
    indices = np.unique(np.linspace(0, len(rows) - 1, PROBED_IMAGES).astype(int)).tolist()
    pictures = [decode(rows, index, column, source) for index in indices]
    return [(picture.mode, picture.size) for picture in pictures]
