"""The interface of a published format: recognise rows, translate their keys."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from search_spaces import Operation

from .key import PublishedKey
from .parsing import Rows


@dataclass(frozen=True)
class PublishedEntry:
    """One row of a published table: what an operation adds to a network, in ms.

    ``standard_deviation`` (ms) is 0 and ``samples`` 1 if the file does not contain them.
    """

    key: str
    milliseconds: float
    standard_deviation: float = 0.0
    samples: int = 1


class Format(ABC):
    """A format in which latency tables are published.

    To add one: subclass it in a new file, and name it in ``latency.published.formats``.
    """

    name: ClassVar[str]

    @abstractmethod
    def recognises(self, rows: Rows) -> bool:
        """Return whether rows, whatever they are written in, are of this format."""

    @abstractmethod
    def operation(self, key: PublishedKey) -> Operation | None:
        """Return the operation that a key describes; None if no operation corresponds to it."""
