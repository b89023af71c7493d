"""The rows of a split, as ``datasets`` has them: it is annotated, but not marked as typed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, Self


class Rows(Protocol):
    """What is used of a ``datasets.Dataset``; kinds of columns are ``datasets.Image`` and such."""

    @property
    def features(self) -> Mapping[str, Any]:
        """The kind of each column, by name."""

    @property
    def data(self) -> Any:
        """The table as it is stored, whose method ``column`` returns a ``pyarrow.ChunkedArray``."""

    def __len__(self) -> int: ...

    def __getitem__(self, place: slice) -> Mapping[str, Sequence[Any]]: ...

    def select(self, indices: Iterable[int]) -> Self:
        """Return some of the rows."""

    def select_columns(self, column_names: list[str]) -> Self:
        """Return the rows with some of their columns."""

    def cast_column(self, column: str, feature: object) -> Self:
        """Return the rows with a column of another kind."""


Splits = Mapping[str, Rows]
"""The splits of a data set by name, such as ``train``."""


def load_dataset(name: str, **where: object) -> Splits:
    """Return what ``datasets.load_dataset`` does; programs that come with data are never run."""
    import datasets

    with _no_programs():
        splits: Splits = datasets.load_dataset(name, **where)
    return splits


@contextmanager
def _no_programs() -> Iterator[None]:
    """Keep releases of ``datasets`` before 4 from running a data set's script, or asking."""
    from datasets import config

    name = "HF_DATASETS_TRUST_REMOTE_CODE"
    if not hasattr(config, name):
        yield
        return
    before = getattr(config, name)
    setattr(config, name, False)
    try:
        yield
    finally:
        setattr(config, name, before)
