"""Threads whose exceptions are not lost: someone is told, and raises them in the training."""

from collections.abc import Callable
from functools import partial
from threading import Thread
from typing import ParamSpec

P = ParamSpec("P")
Failed = Callable[[Exception], None]
"""Is told what ended a thread, by that thread."""


class WatchedThread(Thread):
    """Does ``work(*given)``; what that raises is handed to ``failed``."""

    def __init__(
        self, name: str, failed: Failed, work: Callable[P, None], *given: P.args, **named: P.kwargs
    ) -> None:
        super().__init__(name=name, daemon=True)
        self.failed = failed
        self._work: Callable[[], None] = partial(work, *given, **named)

    def run(self) -> None:
        """Do the work."""
        try:
            self._work()
        except (
            Exception
        ) as error:  # whatever it is: a thread that ends unseen leaves others waiting
            error.add_note(f"in the thread {self.name!r}")
            self.failed(error)
