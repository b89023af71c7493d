"""A budget: what a network may cost in one unit, and how that steers the search."""

from dataclasses import dataclass, field
from typing import Literal

from torch import Tensor

from latency import AdditiveCosts
from search_spaces import InputError

from .latency_loss import LatencyLoss

STIFFNESS = 10.0
"""Weight of the quadratic term, in units of the loss per relative violation."""
MULTIPLIER_REACH = 30.0
"""How far the multiplier moves over a whole search at a constant relative violation of 1."""

Aim = Literal["hold", "fill", "cap"]
"""What a search makes of a limit: be at it; be at it, or at the most that networks can take; be at
most at it."""


@dataclass
class Budget:
    """Expected cost held at a level, or at most at it, by the method of multipliers.

    With violation c = (E - T) / T, where E = fixed + sum_b sum_j p_bj F_bj is exact, the loss
    gains  multiplier * c + STIFFNESS / 2 * c^2  and the multiplier follows c. So nobody tunes a
    coefficient: it rises while E > T and falls while E < T. It rests while |c| shrinks: where one
    candidate costs ten times the others, E starts far above T, and a multiplier that went on rising
    until E had come down would then push out everything but skips. A ``cap`` pushes down only:
    what it weighs, multiplier + STIFFNESS * c, and the multiplier itself stay above 0 (the
    augmented Lagrangian of an inequality).

    T is ``level``: the limit, or what networks can make of it where they are to ``fill`` it. A
    published ``loss`` takes the multiplier's place while searching. ``option`` is the budget's
    name in logs and results, ``unit`` follows its numbers in sentences.
    """

    option: str
    unit: str
    costs: AdditiveCosts
    limit: float
    aim: Aim = "cap"
    loss: LatencyLoss | None = None
    rate: float = 0.0
    multiplier: float = 0.0
    last_violation: float = 0.0
    level: float = field(init=False)

    def __post_init__(self) -> None:
        self.level = self.limit
        if not self.limit > 0:
            raise InputError(f"{self} is not above 0")

    def __str__(self) -> str:
        return f"`{self.option.lstrip('-').replace('-', '_')}` {self.limit:g}"

    def quantity(self, cost: float) -> str:
        """Return a cost in the budget's unit, for people."""
        return f"{cost:,.4g} {self.unit}" if cost < 10_000 else f"{cost:,.0f} {self.unit}"

    def schedule(self, updates: int) -> None:
        """Put the multiplier on the time scale of a search of so many architecture updates."""
        self.rate = MULTIPLIER_REACH / max(updates, 1)

    def expected(self, probabilities: Tensor) -> float:
        """Return E for path probabilities of shape (blocks, candidates)."""
        return self.costs.expected(probabilities)

    def violation(self, probabilities: Tensor) -> float:
        """Return (E - T) / T."""
        return self.expected(probabilities) / self.level - 1

    def gradient(self, gates: Tensor, loss: float, probabilities: Tensor) -> Tensor:
        """Return d(loss with this budget) / dg from d(loss without it) / dg, shapes alike."""
        if self.loss is not None:
            return self.loss.gradient(gates, loss, probabilities)
        weight = self.multiplier + STIFFNESS * self.violation(probabilities)
        return gates + self._from_its_side(weight) * self.costs.choices / self.level

    def update(self, probabilities: Tensor) -> None:
        """Move the multiplier once, after an architecture step."""
        if self.loss is not None:
            return
        violation, last = self.violation(probabilities), self.last_violation
        self.last_violation = violation
        if abs(violation) >= abs(last) or violation * last < 0:
            self.multiplier = self._from_its_side(self.multiplier + self.rate * violation)

    def _from_its_side(self, weight: float) -> float:
        return max(0.0, weight) if self.aim == "cap" else weight
