"""What a training loop steps with: an optimiser of its own, or one that workers share."""

from collections.abc import Callable
from typing import Any, Protocol

from torch.optim import Optimizer

from ..distributed import Statistics


class Trainer(Protocol):
    """Steps an optimiser; see :class:`proxyless.distributed.Delayed`, which is one."""

    @property
    def position(self) -> int:
        """Steps made. Where workers share, it can jump: this one was away, and came back."""

    def join(self) -> None:
        """Begin, together with the others."""

    def step(self, collect: Callable[[], Statistics] | None = None, /) -> None:
        """Take a step; let what ``collect`` returns be applied, when all workers have collected."""

    def drain(self) -> None:
        """Wait for what is on its way."""

    def leave(self) -> None:
        """Drain for the last time."""

    def state_dict(self) -> dict[str, Any]:
        """Return what this process needs to continue from here."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from there."""


class SingleProcessTrainer:
    """A trainer for one process: it steps with its own gradients, and applies statistics at once.

    ``apply_statistics`` is given what the function collects that :meth:`step` is called with.
    """

    def __init__(
        self, optimizer: Optimizer, apply_statistics: Callable[[Statistics], None] | None = None
    ) -> None:
        self.optimizer, self.apply_statistics = optimizer, apply_statistics
        self.position = 0

    def join(self) -> None:
        """Do nothing: nobody else is there."""

    def step(self, collect: Callable[[], Statistics] | None = None, /) -> None:
        """Step; then collect statistics, if asked to, and apply them."""
        self.optimizer.step()
        self.position += 1
        if collect is not None and self.apply_statistics is not None:
            self.apply_statistics(collect())

    def drain(self) -> None:
        """Do nothing: nothing is on its way."""

    def leave(self) -> None:
        """Do nothing: nobody else is there."""

    def state_dict(self) -> dict[str, Any]:
        """Return the optimiser's state and the position; weights are the loop's to keep."""
        return {"optimizer": self.optimizer.state_dict(), "position": self.position}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what :meth:`state_dict` returned."""
        self.optimizer.load_state_dict(state["optimizer"])
        self.position = state["position"]
