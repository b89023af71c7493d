"""How a command ends that cannot go on."""

import sys
from typing import NoReturn


def fail(sentence: str, status: int) -> NoReturn:
    """Print one sentence to standard error and leave."""
    from .output import say

    say(f"error: {sentence}")
    sys.exit(status)
