"""How fast workers train together, worked out."""

from dataclasses import dataclass

from .codec import Codec
from .conditions import Conditions
from .schedule import Schedule


@dataclass(frozen=True)
class Forecast:
    """The steady state of a schedule under conditions, if every step and way takes as long.

    Attributes:
        transmission_seconds: How long one exchange occupies a worker's link.
        exchange_seconds: From its start until it may be used: transmission and latency.
        round_seconds: Of ``schedule.period`` steps, with what is waited for them.
        sent_bytes: By one worker, a round.
    """

    conditions: Conditions
    schedule: Schedule
    codec: Codec
    transmission_seconds: float
    exchange_seconds: float
    round_seconds: float
    sent_bytes: float

    @property
    def waiting_seconds(self) -> float:
        """A worker's waiting for each of its steps, on average."""
        return self.round_seconds / self.schedule.period - self.conditions.step_seconds

    @property
    def scalability(self) -> float:
        """The throughput of J workers divided by J times the throughput of one alone."""
        return self.conditions.step_seconds * self.schedule.period / self.round_seconds

    @property
    def sent_bits_per_second(self) -> float:
        """What a worker's link carries each way, on average."""
        return 8 * self.sent_bytes / self.round_seconds

    @property
    def in_flight(self) -> float:
        """Exchanges on their way at once, on average."""
        return self.exchange_seconds / self.round_seconds


def forecast(conditions: Conditions, schedule: Schedule, codec: Codec) -> Forecast:
    """Return how fast workers train together.

    Ends of rounds, starts of transmissions and commits are a linear system over (max, +): each
    happens at the latest of what it waits for. Its rounds take, in the end, the greatest mean
    weight of a cycle, exactly. With R for the seconds of a round's steps, X for the transmission,
    T for the whole exchange, and o for the overlap, the cycles are::

        R                      steps follow on steps
        X                      a link sends one thing after the other
        (R + T - o) / (lag+1)  a round starts after the exchange of the round lag + 1 before
        T / in_flight          an exchange starts after the one in_flight before

    With lag 0 the third is the synchronous wait T - o after each round. With delay d and period 1
    the published wait max(0, T - o - d * step) is what is waited once in d + 1 steps, not at each:
    averages that were sent a step apart arrive a step apart.

    Raises:
        DistributedError: the transport cannot carry the codec.
    """
    steps = conditions.step_seconds * schedule.period
    transmission = conditions.transmission_seconds(codec)
    exchange = transmission + conditions.latency_seconds
    cycles = [
        steps,
        transmission,
        (steps + exchange - conditions.overlap_seconds) / (schedule.lag + 1),
    ]
    if conditions.in_flight is not None:
        cycles.append(exchange / conditions.in_flight)
    return Forecast(
        conditions,
        schedule,
        codec,
        transmission,
        exchange,
        max(cycles),
        conditions.sent_bytes(codec),
    )
