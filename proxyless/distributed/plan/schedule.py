"""When workers exchange, and how long they may do without the answer."""

from dataclasses import dataclass

from ..errors import DistributedError
from .limits import STEPS


@dataclass(frozen=True)
class Schedule:
    """Rounds of ``period`` steps, whose average may come ``delay`` steps late.

    The sum of a round's gradients is sent at the end of its last step. At the end of round k,
    after sending, a worker waits for round k - ``lag``. Delay 0 is synchronous: with period 1
    synchronous SGD, with a longer one local SGD.

    Raises:
        DistributedError: a negative delay, or a period without steps.
    """

    delay: int = 0
    period: int = 1

    def __post_init__(self) -> None:
        if self.delay < 0:
            raise DistributedError(
                f"`delay` {self.delay} is below 0: give the steps an average may take"
            )
        if self.period < 1:
            raise DistributedError(f"`period` {self.period} is below 1: give the steps of a round")
        if not (self.delay <= STEPS and self.period <= STEPS):
            raise DistributedError(
                f"`delay` and `period` of more than {STEPS} steps are no schedule: give fewer"
            )

    @classmethod
    def lagging(cls, lag: int, period: int) -> "Schedule":
        """Return the schedule that waits for the round ``lag`` rounds ago."""
        return cls(lag * period, period)

    @property
    def lag(self) -> int:
        """The delay in whole rounds, rounded up."""
        return -(-self.delay // self.period)

    @property
    def steps_ahead(self) -> int:
        """The most own steps, without that of the moment, that no average has replaced yet.

        0 for synchronous SGD, period - 1 for local SGD, delay for delayed SGD with period 1.
        """
        return (self.lag + 1) * self.period - 1


SYNCHRONOUS = Schedule()
"""Every step waits for the average of its own gradients."""
