"""Trainers: how a training loop steps its optimiser, in one process or several workers."""

from collections.abc import Callable
from typing import Protocol

from torch.optim import Optimizer

from ..distributed import Statistics
from ..runs.checkpoint import State
from .loaded_state import check_optimizer_state


class Trainer(Protocol):
    """Steps an optimiser; :class:`proxyless.distributed.Delayed` implements it for workers."""

    @property
    def position(self) -> int:
        """Steps taken; it can jump when a worker rejoins the others."""

    def join(self) -> None:
        """Begin, together with the other workers."""

    def step(self, collect: Callable[[], Statistics] | None = None, /) -> None:
        """Take a step; statistics of ``collect`` are applied after all workers have collected."""

    def drain(self) -> None:
        """Wait for all messages in transit."""

    def leave(self) -> None:
        """Drain, and leave the other workers."""

    def state_dict(self) -> State:
        """Return the state that this process needs to continue."""

    def load_state_dict(self, state: State) -> None:
        """Restore what :meth:`state_dict` returned."""


class SingleProcessTrainer:
    """A trainer for one process: it steps with its own gradients, and applies statistics at once.

    ``apply_statistics`` is called with the statistics that a step collects.
    """

    def __init__(
        self, optimizer: Optimizer, apply_statistics: Callable[[Statistics], None] | None = None
    ) -> None:
        self.optimizer, self.apply_statistics = optimizer, apply_statistics
        self.position = 0

    def join(self) -> None:
        """Do nothing: there are no other workers."""

    def step(self, collect: Callable[[], Statistics] | None = None, /) -> None:
        """Take a step; then collect and apply statistics if ``collect`` is given."""
        self.optimizer.step()
        self.position += 1
        if collect is not None and self.apply_statistics is not None:
            self.apply_statistics(collect())

    def drain(self) -> None:
        """Do nothing: a single process has no messages in transit."""

    def leave(self) -> None:
        """Do nothing: there are no other workers."""

    def state_dict(self) -> State:
        """Return the optimiser's state and the position; the loop keeps the weights."""
        return {"optimizer": self.optimizer.state_dict(), "position": self.position}

    def load_state_dict(self, state: State) -> None:
        """Restore what :meth:`state_dict` returned."""
        check_optimizer_state(self.optimizer, state["optimizer"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.position = state["position"]
