"""The interface of an aggregator."""

from abc import ABC, abstractmethod

from torch import Tensor


class Aggregator(ABC):
    """Makes one gradient of those of all members, the same on every worker to the last bit."""

    @abstractmethod
    def __call__(self, contributions: list[Tensor]) -> Tensor:
        """Combine float32 gradients (n,), one a member, in the order of their ranks."""
