"""Finding the image and label columns of a data set."""

from collections.abc import Mapping

from search_spaces import InputError

from .stored_images import shown

LABEL_COLUMNS = ("label", "labels", "class", "target")


def find_columns(features: Mapping[str, object], source: str) -> tuple[str, str]:
    """Return the names of the columns of images and of labels.

    Raises:
        InputError: there is no image column or no label column.
    """
    import datasets

    images = [name for name, kind in features.items() if isinstance(kind, datasets.Image)]
    labels = [name for name, kind in features.items() if isinstance(kind, datasets.ClassLabel)]
    labels = labels or [name for name in LABEL_COLUMNS if name in features]
    columns = shown(", ".join(features))
    if images and not labels:
        raise InputError(
            f"data set {source} has no labels to tell classes apart (its columns are "
            f"{columns}): a folder needs two folders of images, one a class; a Parquet file needs "
            f"a column named {', '.join(LABEL_COLUMNS[:-1])} or {LABEL_COLUMNS[-1]}"
        )
    if not images:
        raise InputError(
            f"data set {source} has no image column; its columns are {columns}: store the "
            "bytes of image files, alone or as {bytes, path}"
        )
    return images[0], labels[0]
