"""What the links between workers do to what is sent: delay, loss, rate, and whether they are cut.

The network's owner changes them as values; the process that carries the traffic is sent the whole
of them after every change, as JSON.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

Matrix = tuple[tuple[float, ...], ...]
"""One number for each ordered pair: ``matrix[sender][receiver]``."""


@dataclass(frozen=True)
class Links:
    """The links of a star: an uplink for each worker, a path for each ordered pair.

    ``delay_ms``: one way. ``loss``: probability that a packet is lost. ``cut``: nonzero where
    nothing passes. ``rate_mbit``: what each worker can send, in 10^6 bits a second; None is no
    limit. Raises ``ValueError`` for a shape or a number that makes no sense.
    """

    delay_ms: Matrix
    loss: Matrix
    cut: Matrix
    rate_mbit: tuple[float | None, ...]

    def __post_init__(self) -> None:
        workers = len(self.rate_mbit)
        for name in ("delay_ms", "loss", "cut"):
            matrix = getattr(self, name)
            if len(matrix) != workers or any(len(row) != workers for row in matrix):
                raise ValueError(f"{name} is not {workers} rows of {workers} numbers")
            if any(not value >= 0 for row in matrix for value in row):
                raise ValueError(f"{name} has a value below 0")
        if any(value > 1 for row in self.loss for value in row):
            raise ValueError("loss is a probability, at most 1")
        if any(rate is not None and not rate > 0 for rate in self.rate_mbit):
            raise ValueError("rate_mbit is above 0, or None for no limit")

    @classmethod
    def create(
        cls,
        workers: int,
        delay_ms: float | Sequence[Sequence[float]],
        loss: float | Sequence[Sequence[float]],
        rate_mbit: float | Sequence[float | None] | None,
    ) -> "Links":
        """Return links, none of them cut; a single number is meant for all of them."""
        rates = rate_mbit if isinstance(rate_mbit, Sequence) else [rate_mbit] * workers
        if len(rates) != workers:
            raise ValueError(f"rate_mbit is not {workers} numbers")
        return cls(
            _matrix(workers, delay_ms), _matrix(workers, loss), _matrix(workers, 0), tuple(rates)
        )

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Links":
        """Return what ``dataclasses.asdict`` and JSON made of links."""
        delay_ms, loss, cut = (tuple(map(tuple, value[k])) for k in ("delay_ms", "loss", "cut"))
        return cls(delay_ms, loss, cut, tuple(value["rate_mbit"]))

    @property
    def workers(self) -> int:
        """How many workers there are."""
        return len(self.rate_mbit)

    def change(
        self, name: str, value: float, sender: int | None = None, receiver: int | None = None
    ) -> "Links":
        """Return links with one matrix changed for a pair, a row, a column, or everywhere."""
        self.check(sender, receiver)
        changed = tuple(
            tuple(
                value if sender in (None, row) and receiver in (None, column) else old
                for column, old in enumerate(values)
            )
            for row, values in enumerate(getattr(self, name))
        )
        fields: dict[str, Any] = {name: changed}
        return replace(self, **fields)

    def change_rate(self, rate_mbit: float | None, worker: int | None = None) -> "Links":
        """Return links with another rate for one worker or all."""
        self.check(worker)
        rates = enumerate(self.rate_mbit)
        return replace(
            self,
            rate_mbit=tuple(rate_mbit if worker in (None, one) else old for one, old in rates),
        )

    def check(self, *workers: int | None) -> None:
        """Raise ``ValueError`` for the number of a worker that does not exist."""
        for worker in workers:
            if worker is not None and not 0 <= worker < self.workers:
                raise ValueError(f"no worker {worker}: they are 0 to {self.workers - 1}")


def _matrix(workers: int, value: float | Sequence[Sequence[float]]) -> Matrix:
    if isinstance(value, Sequence):
        return tuple(tuple(row) for row in value)
    return ((value,) * workers,) * workers
