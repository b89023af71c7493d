"""The mean of all contributions."""

from torch import Tensor

from .base import SumAggregator


class Mean(SumAggregator):
    """Their sum, in the order of ranks, divided by how many they are."""

    def __call__(self, contributions: list[Tensor]) -> Tensor:
        """Average."""
        total = contributions[0].clone()
        for contribution in contributions[1:]:
            total += contribution
        return self.from_sum(total, len(contributions))

    def from_sum(self, total: Tensor, members: int) -> Tensor:
        """Divide."""
        return total / members
