"""What this library and others log or warn of while they work, printed on standard error."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


class _ConsoleHandler(logging.Handler):
    """Prints what is logged."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print a line, above whatever bar is shown."""
        from .console import print_message

        print_message(record.getMessage())


@contextmanager
def log_to_console(name: str) -> Iterator[None]:
    """Print on standard error what is logged to a logger of ours, and what others warn of."""
    logger, handler = logging.getLogger(name), _ConsoleHandler()
    before, last_resort, showwarning = logger.level, logging.lastResort, warnings.showwarning
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logging.lastResort = _ConsoleHandler(logging.WARNING)
    if showwarning.__module__ == "warnings":  # otherwise somebody listens: a test, say
        warnings.showwarning = _show_warning
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)
        logging.lastResort, warnings.showwarning = last_resort, showwarning


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print a warning of Python's, whose text may hold names from outside."""
    from .console import print_lines

    text = warnings.formatwarning(message, category, filename, lineno, line)
    print_lines(text.splitlines(), error=True)
