"""The interface of an aggregator."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


class Aggregator(ABC):
    """Makes one gradient of those of all members, the same on every worker to the last bit.

    One that is asked for by name is made without arguments.
    """

    @abstractmethod
    def __call__(self, contributions: "list[Tensor]") -> "Tensor":
        """Combine float32 gradients (n,), one a member, in the order of their ranks."""


class SumAggregator(Aggregator):
    """One that only needs their sum and number: so they may be summed on the way."""

    @abstractmethod
    def from_sum(self, total: "Tensor", members: int) -> "Tensor":
        """Make it of the sum (n,) of the gradients of so many members."""
