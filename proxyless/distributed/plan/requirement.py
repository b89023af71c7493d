"""The model the other way round: what links must offer for a wanted scalability.

The published requirement, ResNet-50 with 24.37 MB of gradients and 0.3 s a step: about 650 Mb/s and
about a millisecond. The source derives neither; these assumptions, chosen afterwards because they
do, give both:

- 650 Mb/s: gradients travel once each way and wholly behind the step, 24.37 MB * 8 / 0.3 s. That
  is a ring of two workers with an overlap of a whole step. Four workers would need 1.5 times that,
  many twice. 24.37 MB is itself odd: ResNet-50 has 25,557,032 parameters, 24.37 * 2^20, so that
  float32 gradients are 102 MB, which need 2.7 Gb/s.
- 1 ms: the same ring exchanges the 161 parameter tensors one after the other, two ways each, which
  leaves 0.3 s / 322 = 0.93 ms one way. One exchange for all tensors bears 150 ms.
"""

import math

from ..errors import DistributedError
from .codec import Codec
from .conditions import Conditions
from .limits import SCALABILITY
from .schedule import Schedule


def required_bandwidth(
    conditions: Conditions, schedule: Schedule, codec: Codec, scalability: float
) -> float | None:
    """Return the least bits per second for a scalability; None if latency alone takes too long.

    The bandwidth in the conditions does not matter.

    Raises:
        DistributedError: the scalability is not above 0 and at most 1.
    """
    round_seconds, exchange_seconds = _limits(conditions, schedule, scalability)
    seconds = min(round_seconds, exchange_seconds - conditions.latency_seconds)
    return 8 * conditions.sent_bytes(codec) / seconds if seconds > 0 else None


def required_one_way(
    conditions: Conditions, schedule: Schedule, codec: Codec, scalability: float
) -> float | None:
    """Return the greatest one-way seconds for a scalability; None if sending takes too long.

    The latency in the conditions does not matter.

    Raises:
        DistributedError: the scalability is not above 0 and at most 1.
    """
    round_seconds, exchange_seconds = _limits(conditions, schedule, scalability)
    transmission = conditions.transmission_seconds(codec)
    if transmission > min(round_seconds, exchange_seconds):
        return None
    return (exchange_seconds - transmission) / conditions.crossings


def check_scalability(scalability: float) -> None:
    """Refuse what no conditions can reach.

    Raises:
        DistributedError: the scalability is not above 0 and at most 1.
    """
    least, most = SCALABILITY
    if not least <= scalability <= most:
        raise DistributedError(
            f"`scalability` {scalability:g} is out of reach: give one above 0, at most 1"
        )


def _limits(conditions: Conditions, schedule: Schedule, scalability: float) -> tuple[float, float]:
    """Return how long a round and an exchange may take, from the cycles of the forecast."""
    check_scalability(scalability)
    steps = conditions.step_seconds * schedule.period
    round_seconds = steps / scalability
    waited = (schedule.lag + 1) * round_seconds - steps + conditions.overlap_seconds
    queued = math.inf if conditions.in_flight is None else conditions.in_flight * round_seconds
    return round_seconds, min(waited, queued)
