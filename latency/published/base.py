"""The interface of a published format: recognise a text, read it, translate its keys."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from search_spaces import InputError, Operation

from .key import PublishedKey


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
    def recognises(self, text: str) -> bool:
        """Return whether a text looks like this format."""

    @abstractmethod
    def read(self, text: str, source: str) -> list[PublishedEntry]:
        """Read every entry; ``source`` names the file in the :class:`InputError` of bad input."""

    @abstractmethod
    def operation(self, key: PublishedKey) -> Operation | None:
        """Return the operation that a key describes; None if no operation corresponds to it."""


def milliseconds(value: object, place: str) -> float:
    """Return a number of milliseconds.

    Raises:
        InputError: ``value`` is not a number of 0 or more; the sentence begins with ``place``.
    """
    return _number(value, place, "latency (a number of milliseconds, 0 or more)")


def spread(value: object, place: str) -> float:
    """Return a variance or standard deviation, which must be a finite number of 0 or more."""
    return _number(value, place, "measure of spread (a number, 0 or more)")


def samples(value: object, place: str) -> int:
    """Return how many measurements an entry is the mean of."""
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value < 2**63:
        raise InputError(f"{place}: {value!r:.40} is not a count of measurements (1 or more)")
    return value


def _number(value: object, place: str, expected: str) -> float:
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    if not numeric or not 0 <= value < 1e300:  # type: ignore[operator]
        raise InputError(f"{place}: {value!r:.40} is not a {expected}")
    return float(value)  # type: ignore[arg-type]
