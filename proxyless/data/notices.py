"""What is said while opening data takes long: to the logger ``proxyless.data``.

The command line listens and prints it; from Python, nothing is shown unless one listens too
(``logging.getLogger("proxyless.data").setLevel("INFO")`` and a handler).
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

FIRST_SECONDS, FURTHER_SECONDS = 2.0, 5.0
"""How long something may take without a word, and how long after the last one."""

logger = logging.getLogger("proxyless.data")


def counter(action: str, total: int, unit: str) -> Callable[[int], None]:
    """Return a function to be told how much is done; it says so when it takes long.

    As "opening photos: 12,000 of 20,000 images".
    """
    due = time.monotonic() + FIRST_SECONDS

    def count(done: int) -> None:
        nonlocal due
        if time.monotonic() >= due:
            logger.info("%s: %s of %s %s", action, f"{done:,}", f"{total:,}", unit)
            due = time.monotonic() + FURTHER_SECONDS

    return count


@contextmanager
def said_if_slow(words: str) -> Iterator[None]:
    """Say it once the block has run for ``FIRST_SECONDS``."""
    timer = threading.Timer(FIRST_SECONDS, logger.info, (words,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
