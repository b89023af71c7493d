"""What the library says while it works, printed on standard error."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


class _Words(logging.Handler):
    """Prints what the library says while it works."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print a line, above whatever bar is shown."""
        from .output import say

        say(record.getMessage())


@contextmanager
def spoken_words(name: str) -> Iterator[None]:
    """Print on standard error what a logger of ours is told."""
    logger, words = logging.getLogger(name), _Words()
    before = logger.level
    logger.addHandler(words)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(words)
        logger.setLevel(before)
