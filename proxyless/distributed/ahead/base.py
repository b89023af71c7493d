"""The interface of a way to go ahead, and the way of each name."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence

from torch.optim import Optimizer

from search_spaces import InputError

from ..base import Base, Gradients, Settings

WAYS = ("exact", "damped")

Waiting = tuple[Gradients, Sequence[Settings]]
"""A round that is on its way: the mean of its gradients, and the settings of its steps."""


class Ahead(ABC):
    """Where a worker's weights are while averages of its latest gradients are not there yet."""

    def settings(self, settings: Settings) -> Settings:
        """Return what the base is to step with where the optimiser was set to ``settings``."""
        return settings

    @abstractmethod
    def step(self, base: Base) -> None:
        """Take a step with the gradients that the working parameters have."""

    @abstractmethod
    def follow(self, base: Base, touched: Iterable[int], waiting: Iterable[Waiting]) -> None:
        """Go on from a base that has moved: of parameters ``touched``, working weights are its."""

    @abstractmethod
    def rest(self, base: Base) -> None:
        """Work with the base itself: nothing is on its way."""


def get_ahead(name: str, optimizer: Optimizer, delay: int, period: int) -> Ahead:
    """Return the way called ``name``.

    Raises:
        InputError: there is no such way, or it is not one for ``optimizer``.
    """
    from .damped import Damped
    from .exact import Exact

    match name:
        case "exact":
            return Exact()
        case "damped":
            return Damped(optimizer, -(-delay // period) * period + period - 1)
    raise InputError(f"there is no way ahead {name!r}: choose one of {', '.join(WAYS)}")
