"""The rows of a split, as ``datasets`` has them: it is annotated, but not marked as typed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, Self, overload


class Rows(Protocol):
    """What is used of a ``datasets.Dataset``; kinds of columns are ``datasets.Image`` and such."""

    @property
    def features(self) -> Mapping[str, Any]:
        """The kind of each column, by name."""

    def __len__(self) -> int: ...

    @overload
    def __getitem__(self, place: int) -> Mapping[str, Any]: ...

    @overload
    def __getitem__(self, place: slice) -> Mapping[str, Sequence[Any]]: ...

    @overload
    def __getitem__(self, place: str) -> Sequence[Any]: ...

    def select(self, indices: Iterable[int]) -> Self:
        """Return some of the rows."""

    def cast_column(self, column: str, feature: object) -> Self:
        """Return the rows with a column of another kind."""

    def class_encode_column(self, column: str) -> Self:
        """Return the rows with a column's values as classes."""


Splits = Mapping[str, Rows]
"""The splits of a data set by name, such as ``train``."""


def load_dataset(name: str, **where: object) -> Splits:
    """Return what ``datasets.load_dataset`` does."""
    import datasets

    splits: Splits = datasets.load_dataset(name, **where)
    return splits
