"""A connection to the store that is renewed when the store does not answer."""

import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from ..errors import DistributedError, first_line
from ..transport.world import World
from .rendezvous import POLL, Rendezvous

P = ParamSpec("P")
T = TypeVar("T")


class StoreConnection:
    """The rendezvous of a worker, over the connection of the moment.

    ``patience`` (seconds): how long the store may not answer.

    Raises:
        DistributedError: it does not answer.
    """

    def __init__(self, world: World, patience: float) -> None:
        self.world, self.patience = world, patience
        self.rendezvous: Rendezvous
        self.attempt(self._connect)

    def renew(self) -> None:
        """Connect anew, if that can be done.

        Raises:
            DistributedError: the store ended the connection as it has no number where it counts.
        """
        counter = self.rendezvous.counter if hasattr(self, "rendezvous") else None
        try:
            self._connect()
            if counter is not None:
                self.rendezvous.check_counter(counter)
        except RuntimeError:
            return

    def attempt(self, ask: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """Ask the store, again and again while it does not answer.

        Raises:
            DistributedError: it never did.
        """
        deadline = time.monotonic() + self.patience
        while True:
            try:
                return ask(*given, **named)
            except RuntimeError as error:
                if time.monotonic() > deadline:
                    where = f"{self.world.host}:{self.world.port}"
                    raise DistributedError(
                        f"the store of the run does not answer at {where} "
                        f"({first_line(error)}): start torchrun's first node, which keeps "
                        "it, and then this one, with the same commands; they continue from the "
                        "last checkpoint"
                    ) from None
                time.sleep(POLL)
                self.renew()

    def _connect(self) -> None:
        self.rendezvous = Rendezvous(self.world.connect(), self.world.rank, self.world.size)
