"""What a training loop steps with: an optimiser of its own, or one that workers share."""

from collections.abc import Callable
from typing import Any, Protocol

from torch.optim import Optimizer

from ..distributed.delayed import Observed


class Trainer(Protocol):
    """Steps an optimiser; see :class:`proxyless.distributed.Delayed`, which is one."""

    @property
    def position(self) -> int:
        """Steps made. Where workers share, it can jump: this one was away, and came back."""

    def join(self) -> None:
        """Begin, together with the others."""

    def step(self, observe: Callable[[], Observed] | None = None) -> None:
        """Take a step; let what ``observe`` returns be learned, when all have observed."""

    def drain(self) -> None:
        """Wait for what is on its way."""

    def leave(self) -> None:
        """Drain for the last time."""

    def state_dict(self) -> dict[str, Any]:
        """Return what this process needs to continue from here."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from there."""


class Alone:
    """A trainer for one process: every gradient is everyone's, everything is learned at once."""

    def __init__(
        self, optimizer: Optimizer, learn: Callable[[Observed], None] | None = None
    ) -> None:
        self.optimizer, self.learn = optimizer, learn
        self.position = 0

    def join(self) -> None:
        """Do nothing: nobody else is there."""

    def step(self, observe: Callable[[], Observed] | None = None) -> None:
        """Step, observe, learn."""
        self.optimizer.step()
        self.position += 1
        if observe is not None and self.learn is not None:
            self.learn(observe())

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
