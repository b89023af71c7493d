"""Everything a plan says, at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..defaults import KEPT
from .codec import DENSE, HALF, Codec, top_k
from .command import command_line
from .conditions import Conditions
from .convergence import least_steps
from .forecast import Forecast, forecast
from .recommendation import recommend
from .requirement import required_bandwidth, required_one_way
from .schedule import SYNCHRONOUS, Schedule


@dataclass(frozen=True)
class Plan:
    """Three schedules with one codec, what is recommended, and what synchronous SGD would need.

    Attributes:
        required_bits_per_second: The least for synchronous SGD with dense gradients at the given
            latency; None if no bandwidth is enough.
        required_one_way_seconds: The most for it at the given bandwidth; None if none is enough.
    """

    synchronous: Forecast
    local: Forecast
    delayed: Forecast
    recommended: Forecast
    required_bits_per_second: float | None
    required_one_way_seconds: float | None

    @property
    def rows(self) -> dict[str, Forecast]:
        """The three schedules by name."""
        return {"synchronous": self.synchronous, "local": self.local, "delayed": self.delayed}

    @property
    def least_steps(self) -> int:
        """Steps of training from which on the recommended delay is proved to cost nothing."""
        chosen = self.recommended
        return least_steps(chosen.schedule.steps_ahead, chosen.conditions.workers)

    @property
    def command(self) -> str:
        """The command that starts what is recommended, at each site."""
        chosen = self.recommended
        return command_line(chosen.conditions.workers, chosen.schedule, chosen.codec)


def plan(
    conditions: Conditions,
    scalability: float = 0.95,
    codecs: Sequence[Codec] | None = None,
    delay: int | None = None,
    period: int | None = None,
    kept: float = KEPT,
) -> Plan:
    """Return what to expect of training under conditions, and what to do for a scalability.

    ``codecs`` are those to choose from, from the one that changes gradients least (default: dense,
    half, and top-k of the share ``kept``, which a ring cannot). A delay or a period restricts the
    recommendation; both together are the delayed schedule, whatever is recommended.
    Local SGD has the period, or runs as many steps ahead as the delayed schedule.

    Raises:
        DistributedError: nothing reaches the scalability.
    """
    if codecs is None:
        codecs = [DENSE, HALF] + ([top_k(kept)] if conditions.transport == "direct" else [])
    if delay is not None and period is not None:
        recommended = recommend(conditions, scalability, codecs)
        delayed = forecast(conditions, Schedule(delay, period), codecs[0])
    else:
        recommended = recommend(conditions, scalability, codecs, delay, period)
        delayed = recommended
    codec = delayed.codec
    local = Schedule(0, period or delayed.schedule.steps_ahead + 1)
    return Plan(
        forecast(conditions, SYNCHRONOUS, codec),
        forecast(conditions, local, codec),
        delayed,
        recommended,
        required_bandwidth(conditions, SYNCHRONOUS, DENSE, scalability),
        required_one_way(conditions, SYNCHRONOUS, DENSE, scalability),
    )
