"""What is given: workers, their steps, and the links between them."""

import math
from dataclasses import dataclass

from ..defaults import TRANSPORTS
from ..errors import DistributedError
from .codec import Codec
from .limits import (
    GRADIENT_BYTES,
    LEAST_BITS_PER_SECOND,
    MESSAGES,
    ONE_WAY_SECONDS,
    STEP_SECONDS,
    STEPS,
    WORKERS,
    check_between,
)


@dataclass(frozen=True)
class Conditions:
    """``workers`` of equal speed behind equal links.

    ``direct``: each worker sends its payload to every other, into receives that are posted ahead,
    so that a payload takes one way. ``ring``: an all-reduce in 2(J-1) hops, each of which sends a
    J-th of the payload one way.

    Attributes:
        step_seconds: Of one step of one worker, alone.
        one_way_seconds: Latency between two workers, half a round trip.
        bits_per_second: Of a worker's link, up and down alike and at once; may be infinite.
        gradient_bytes: All gradients of a step, as dense float32.
        acknowledged: Whether workers tell each other that they have everything, one way more,
            before anything is used. None: direct exchanges are, as our trainer's; rings are not.
        overlap_seconds: Of an exchange, hidden behind the end of the last step of a round.
        messages: An exchange is cut into so many, of which the next waits for the one before.
        in_flight: Exchanges that may be on their way at once; None for any number.

    Raises:
        DistributedError: one of them makes no sense.
    """

    step_seconds: float
    one_way_seconds: float
    bits_per_second: float
    workers: int
    gradient_bytes: float
    transport: str = "direct"
    acknowledged: bool | None = None
    overlap_seconds: float = 0.0
    messages: int = 1
    in_flight: int | None = None

    def __post_init__(self) -> None:
        check_between("step_seconds", self.step_seconds, *STEP_SECONDS)
        if self.bits_per_second != math.inf:
            check_between("bits_per_second", self.bits_per_second, LEAST_BITS_PER_SECOND, math.inf)
        check_between("gradient_bytes", self.gradient_bytes, *GRADIENT_BYTES)
        check_between("messages", self.messages, *MESSAGES)
        if self.in_flight is not None:
            check_between("in_flight", self.in_flight, 1, STEPS)
        check_between("one_way_seconds", self.one_way_seconds, *ONE_WAY_SECONDS)
        least, most = WORKERS
        if self.workers < least:
            raise DistributedError(
                f"`workers` {self.workers} have nothing to exchange: give 2 or more"
            )
        check_between("workers", self.workers, least, most)
        if not 0 <= self.overlap_seconds <= self.step_seconds:
            raise DistributedError(
                "`overlap_seconds` is below 0 or longer than a step: give a part of one"
            )
        if self.transport not in TRANSPORTS:
            raise DistributedError(
                f"there is no transport {self.transport!r}: choose from {', '.join(TRANSPORTS)}"
            )

    @property
    def is_acknowledged(self) -> bool:
        """Whether an acknowledgement follows an exchange."""
        return self.transport == "direct" if self.acknowledged is None else self.acknowledged

    @property
    def crossings(self) -> int:
        """One-way latencies from the start of an exchange until it may be used."""
        hops = 1 if self.transport == "direct" else 2 * (self.workers - 1)
        return self.messages * hops + self.is_acknowledged

    @property
    def latency_seconds(self) -> float:
        """What an exchange takes however little it sends."""
        return self.crossings * self.one_way_seconds

    def sent_bytes(self, codec: Codec) -> float:
        """Return what a worker sends in one exchange, and receives.

        Raises:
            DistributedError: a ring cannot add up what the codec makes.
        """
        payload = codec.payload_bytes(self.gradient_bytes)
        if self.transport == "direct":
            return (self.workers - 1) * payload
        if codec.kept < 1:
            raise DistributedError(
                f"a ring cannot add up {codec.name} payloads, which keep different values: choose "
                "`transport` direct"
            )
        return 2 * (self.workers - 1) / self.workers * payload

    def transmission_seconds(self, codec: Codec) -> float:
        """Return how long one exchange occupies a worker's link."""
        return 8 * self.sent_bytes(codec) / self.bits_per_second
