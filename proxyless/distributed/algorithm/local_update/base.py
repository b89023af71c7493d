"""The interface of a local update."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

from ...state import State
from ..settings import Settings, settings_of

if TYPE_CHECKING:
    from torch.optim import Optimizer

    from ..gradients import Round
    from ..synchronised_state import SynchronisedState
    from .options import LocalUpdateOptions


class LocalUpdate(ABC):
    """What a worker does with gradients of its own until their averages come.

    The synchronised state is stepped by ``optimizer``: the user's, unless a class has another.
    """

    def __init__(self, optimizer: "Optimizer") -> None:
        self.optimizer = optimizer

    @classmethod
    def from_options(cls, options: "LocalUpdateOptions") -> Self:
        """Make one as it was asked for by name; a class that has options takes them here.

        Raises:
            DistributedError: it is none for the optimiser.
        """
        return cls(options.optimizer)

    def settings(self) -> Settings:
        """Return what ``optimizer`` is to be set to when it takes the step of this moment."""
        return settings_of(self.optimizer)

    @abstractmethod
    def step(self, state: "SynchronisedState") -> None:
        """Take a step with the gradients that the working parameters have."""

    @abstractmethod
    def rebase(
        self, state: "SynchronisedState", touched: Iterable[int], pending: "Iterable[Round]"
    ) -> None:
        """Go on from a synchronised state that has moved.

        The working weights of parameters ``touched`` are the synchronised ones; ``pending`` are
        the rounds that are not in them yet.
        """

    @abstractmethod
    def reset(self, state: "SynchronisedState") -> None:
        """Work with the synchronised state itself: nothing is on its way."""

    def upgrade(self, states: list[State]) -> list[State]:
        """Return the optimiser state of an earlier release's checkpoint as this one keeps it."""
        return states
