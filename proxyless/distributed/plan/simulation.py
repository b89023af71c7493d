"""Workers, round by round, where neither steps nor messages take the same time twice."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import DistributedError
from .codec import Codec
from .conditions import Conditions
from .limits import JITTER, MOST_DRAWS, MOST_ROUNDS
from .schedule import Schedule
from .tail import STEADY, Tail


@dataclass(frozen=True)
class Simulation:
    """What simulated workers did, on average over all of them.

    Attributes:
        step_seconds: A step with what is waited for it.
        waiting_seconds: Of these, the waiting.
        scalability: The throughput of J workers divided by J times the throughput of one alone.
        longest_wait_seconds: The longest that any worker waited at the end of a round.
    """

    rounds: int
    step_seconds: float
    waiting_seconds: float
    scalability: float
    longest_wait_seconds: float


def simulate(
    conditions: Conditions,
    schedule: Schedule,
    codec: Codec,
    rounds: int,
    tail: Tail = STEADY,
    jitter: float = 0.0,
    seed: int = 0,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> Simulation:
    """Simulate so many rounds, after those that fill the pipeline.

    Same seed, same simulation. Ten thousand workers take a millisecond or two a round.

    A step's time is gamma-distributed, with standard deviation ``jitter`` times its mean.

    Latencies are one draw a worker and round, not one a pair: a direct exchange is complete when
    the slowest payload has arrived, which its sender's draw decides for all its receivers, and
    committed when the slowest acknowledgement has (a second draw). Nobody starts to use a round
    before everybody may. In a ring, the draws are those of the links; it starts when the last
    worker is ready, and takes the longest of its J ways of 2(J-1) links each. The messages of an
    exchange share its draw. What one worker sends arrives in order.

    What a delay holds back is waited for once it is used up: rounds should be many times the lag.

    Raises:
        DistributedError: no rounds, or too many; a negative jitter; the transport cannot carry the
            codec.
    """
    if rounds < 1:
        raise DistributedError(f"`rounds` {rounds} is not above 0: give the rounds to simulate")
    least, most = JITTER
    if not (jitter == 0 or least <= jitter <= most):
        raise DistributedError(f"`jitter` {jitter:g} is no share of the step: give one, as 0.1")
    total = rounds + schedule.lag + 1
    if not (total <= MOST_ROUNDS and total * conditions.workers <= MOST_DRAWS):
        raise DistributedError(
            f"`rounds` {rounds}, after {schedule.lag + 1} that fill the pipeline of "
            f"{conditions.workers} workers, take too long: give fewer"
        )
    random = np.random.default_rng(seed)
    exchange = _Exchange(conditions, codec, tail, random)
    steps = _RoundSteps(conditions.step_seconds, schedule.period, jitter, random)
    commits: deque[float] = deque(maxlen=schedule.lag + 1)
    started = begun = np.zeros(conditions.workers)
    waited, longest = 0.0, 0.0
    for number in range(total):
        if number == schedule.lag + 1:
            begun, waited, longest = started, 0.0, 0.0
        ended = started + steps.sample(conditions.workers)
        commits.append(exchange.commit(ended - conditions.overlap_seconds))
        started = np.maximum(ended, commits[0]) if number >= schedule.lag else ended
        waits = started - ended
        waited += float(waits.mean())
        longest = max(longest, float(waits.max()))
        progress(number + 1, total)
    step_seconds = float(np.mean(started - begun)) / (rounds * schedule.period)
    return Simulation(
        rounds,
        step_seconds,
        waited / (rounds * schedule.period),
        conditions.step_seconds / step_seconds,
        longest,
    )


class _RoundSteps:
    """Seconds that the steps of a round take: a sum of gamma variables is another."""

    def __init__(
        self, step_seconds: float, period: int, jitter: float, random: np.random.Generator
    ) -> None:
        self.seconds, self.jitter, self.random = step_seconds * period, jitter, random
        self.shape = period / jitter**2 if jitter else 0.0

    def sample(self, workers: int) -> NDArray[np.float64]:
        if not self.jitter:
            return np.full(workers, self.seconds)
        return self.random.standard_gamma(self.shape, workers) * (self.seconds / self.shape)


class _Exchange:
    """The links: when an exchange is committed, in seconds, one after the other."""

    def __init__(
        self, conditions: Conditions, codec: Codec, tail: Tail, random: np.random.Generator
    ) -> None:
        self.conditions, self.tail, self.random = conditions, tail, random
        self.transmission = conditions.transmission_seconds(codec)
        self.sent = self.arrived = self.acknowledged = np.zeros(conditions.workers)
        self.running: deque[float] = deque()

    def commit(self, ready: NDArray[np.float64]) -> float:
        """Return when an exchange is committed that workers are ready for at these times."""
        conditions = self.conditions
        start = np.maximum(ready, self.sent)
        if conditions.in_flight is not None and len(self.running) == conditions.in_flight:
            start = np.maximum(start, self.running.popleft())
        ways = self._ways()
        if conditions.transport == "ring":
            start = np.full_like(start, start.max())
            pairs = ways + np.roll(ways, 1)
            ways = np.full_like(ways, 2 * ways.sum() - pairs.min())
        self.sent = start + self.transmission
        self.arrived = np.maximum(self.arrived, self.sent + conditions.messages * ways)
        committed = float(self.arrived.max())
        if conditions.is_acknowledged:
            self.acknowledged = np.maximum(self.acknowledged, committed + self._ways())
            committed = float(self.acknowledged.max())
        if conditions.in_flight is not None:
            self.running.append(committed)
        return committed

    def _ways(self) -> NDArray[np.float64]:
        """One-way seconds, one a worker."""
        factors = self.tail.sample(self.random, self.conditions.workers)
        return self.conditions.one_way_seconds * factors
