"""The mean of all contributions."""

from torch import Tensor

from .base import Aggregator


class Mean(Aggregator):
    """Their sum, in the order of ranks, divided by how many they are."""

    def __call__(self, contributions: list[Tensor]) -> Tensor:
        """Average."""
        total = contributions[0].clone()
        for contribution in contributions[1:]:
            total += contribution
        return total / len(contributions)
