"""Progress of slow operations while data are opened, sent to the logger ``proxyless.data``.

The command line prints these messages. In Python they are shown after
``logging.getLogger("proxyless.data").setLevel("INFO")`` if a handler is installed.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

FIRST_SECONDS, FURTHER_SECONDS = 2.0, 5.0
"""Seconds until the first message of a slow operation, and between further ones."""

logger = logging.getLogger("proxyless.data")


def counter(action: str, total: int, unit: str) -> Callable[[int], None]:
    """Return a function that takes the amount done so far and logs it if the operation is slow.

    A message reads "opening photos: 12,000 of 20,000 images".
    """
    due = time.monotonic() + FIRST_SECONDS

    def count(done: int) -> None:
        nonlocal due
        if time.monotonic() >= due:
            logger.info("%s: %s of %s %s", action, f"{done:,}", f"{total:,}", unit)
            due = time.monotonic() + FURTHER_SECONDS

    return count


@contextmanager
def log_if_slow(notice: str) -> Iterator[None]:
    """Log a notice once the block has run for ``FIRST_SECONDS``."""
    timer = threading.Timer(FIRST_SECONDS, logger.info, (notice,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
