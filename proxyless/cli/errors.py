"""How a command ends that cannot go on."""

import sys
from typing import NoReturn


def exit_with_error(sentence: str, status: int) -> NoReturn:
    """Print one sentence to standard error and leave."""
    from .console import print_message

    print_message(f"error: {sentence}")
    sys.exit(status)
