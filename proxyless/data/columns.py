"""Finding the image and label columns of a data set."""

from search_spaces import InputError

from .rows import Rows, Splits

LABEL_COLUMNS = ("label", "labels", "class", "target")


def find_columns(rows: Rows, source: str) -> tuple[str, str]:
    """Return the names of the columns of images and of labels.

    Raises:
        InputError: there is no image column or no label column.
    """
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


def with_named_classes(splits: Splits, column: str) -> Splits:
    """Turn a label column of plain numbers or strings into classes named by these values."""
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
