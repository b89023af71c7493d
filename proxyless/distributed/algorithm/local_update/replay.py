"""Own gradients count as if they were the averages."""

from collections.abc import Iterable

from ..gradients import Round
from ..synchronised_state import SynchronisedState
from .base import LocalUpdate


class Replay(LocalUpdate):
    """The optimiser's own steps, taken again from each new synchronised state.

    That is for every optimiser. Were all workers' gradients the same, this would be training
    without a delay. What they differ by is amplified: see :mod:`.quasi_hyperbolic`.
    """

    def step(self, state: SynchronisedState) -> None:
        """Let the optimiser step."""
        self.optimizer.step()

    def rebase(
        self, state: SynchronisedState, touched: Iterable[int], pending: Iterable[Round]
    ) -> None:
        """Repeat the steps that are not in the synchronised state."""
        numbers = set(touched)
        for round_ in pending:
            gradients = {n: value for n, value in round_.mean().items() if n in numbers}
            if gradients:
                state.step_working(gradients, round_.steps)

    def reset(self, state: SynchronisedState) -> None:
        """Do nothing: without anything on its way, the working weights are the synchronised."""
