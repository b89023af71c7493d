"""Ahead by all of its own gradients, as if they were the averages."""

from collections.abc import Iterable

from ..base import Base
from .base import Ahead, Waiting


class Exact(Ahead):
    """The optimiser's own steps, taken again from each new base: exact for every optimiser.

    Were all workers' gradients the same, this would be training without a delay. What they differ
    by is amplified: see :mod:`.damped`.
    """

    def step(self, base: Base) -> None:
        """Let the optimiser step."""
        base.optimizer.step()

    def follow(self, base: Base, touched: Iterable[int], waiting: Iterable[Waiting]) -> None:
        """Repeat the steps that are not in the base."""
        numbers = set(touched)
        for gradients, steps in waiting:
            again = {number: one for number, one in gradients.items() if number in numbers}
            if again:
                base.advance(again, steps)

    def rest(self, base: Base) -> None:
        """Do nothing: without anything on its way, what is worked with is the base."""
