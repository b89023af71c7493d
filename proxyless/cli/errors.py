"""How a command ends that cannot go on."""

import sys
from typing import NoReturn

LONGEST = 2000
"""Characters of a sentence; names and values from outside could be of any length."""


def exit_with_error(sentence: str, status: int) -> NoReturn:
    """Print one sentence to standard error and leave."""
    from .console import print_message

    shown = sentence if len(sentence) <= LONGEST else f"{sentence[:LONGEST]}…"
    print_message(f"error: {shown}")
    sys.exit(status)
