"""What the library logs while it works, printed on standard error."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


class _ConsoleHandler(logging.Handler):
    """Prints what is logged."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print a line, above whatever bar is shown."""
        from .console import print_message

        print_message(record.getMessage())


@contextmanager
def log_to_console(name: str) -> Iterator[None]:
    """Print on standard error what is logged to a logger of ours."""
    logger, handler = logging.getLogger(name), _ConsoleHandler()
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
