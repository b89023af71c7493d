"""What a local update may be told."""

from dataclasses import dataclass

from torch.optim import Optimizer


@dataclass(frozen=True)
class LocalUpdateOptions:
    """What a local update is made for.

    ``optimizer`` is the user's. Gradients of ``period`` steps are averaged together, and averages
    may come ``delay`` steps late.
    """

    optimizer: Optimizer
    delay: int
    period: int

    @property
    def lag(self) -> int:
        """The delay in whole rounds, rounded up."""
        return -(-self.delay // self.period)

    @property
    def staleness(self) -> int:
        """The most steps that the average of a gradient may come late; 0 is synchronous."""
        return (self.lag + 1) * self.period - 1
