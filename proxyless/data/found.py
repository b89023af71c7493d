"""A data set that was found: its splits, before labels are checked and images decoded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from search_spaces import InputError

from .columns import find_columns
from .rows import Rows, Splits


@dataclass(frozen=True)
class Found:
    """Splits with undecoded images in ``image_column``.

    ``class_names`` are the classes that the data declare, which labels count from 0; None if labels
    are values of their own. Images that are paths must lie in one of ``folders``.
    """

    splits: Splits
    image_column: str
    label_column: str
    class_names: Sequence[str] | None
    folders: tuple[Path, ...] = ()

    @classmethod
    def of(cls, splits: Splits, source: str, folders: tuple[Path, ...] = ()) -> Self:
        """Find the columns of images and labels; no other column is looked at, or decoded.

        Raises:
            InputError: there is none of one of them, or a split lacks it.
        """
        import datasets

        features = next(iter(splits.values())).features
        image, label = find_columns(features, source)
        undecoded: Mapping[str, Rows] = {
            name: _only(rows, image, label, f"the {name} split of {source}").cast_column(
                image, datasets.Image(decode=False)
            )
            for name, rows in splits.items()
        }
        return cls(undecoded, image, label, getattr(features[label], "names", None), folders)


def _only(rows: Rows, image: str, label: str, place: str) -> Rows:
    for column in (image, label):
        if column not in rows.features:
            raise InputError(f"{place} has no column {column!r:.200}: name a split by itself")
    return rows.select_columns([image, label])
