"""What torchrun says to a worker, in the environment: texts that anyone may have set."""

import os
import re

from .errors import DistributedError

MOST_WORKERS = 10_000
"""Workers of a run: every one has a link to every other."""
LARGEST_PORT = 65_535
LONGEST_HOST = 253
"""Characters of a name in the Domain Name System."""
LONGEST_INTERFACE = 15
"""Characters of a network interface's name, in Linux."""
LONGEST_TIMEOUT = 86_400.0
"""Seconds that anything may be waited for: a day."""
LONGEST_SHOWN = 60
"""Characters that a sentence shows of a text."""
_DIGITS = re.compile(r"[0-9]{1,9}")


def text_of(name: str) -> str:
    """Return what torchrun set.

    Raises:
        DistributedError: it is not set: torchrun did not start this process.
    """
    try:
        return os.environ[name]
    except KeyError:
        raise DistributedError(
            f"{name} is not set: start every worker of a distributed run with torchrun, as "
            "docs/sites.md shows"
        ) from None


def number_of(name: str) -> int:
    """Return a number that torchrun set: of digits alone, below 10^9.

    Raises:
        DistributedError: it is not set, or is none.
    """
    text = text_of(name)
    if _DIGITS.fullmatch(text) is None:
        raise DistributedError(
            f"{name} is {shown(text)}, which is no whole number: start every worker with torchrun, "
            "which sets it"
        )
    return int(text)


def rank_and_size() -> tuple[int, int]:
    """Return this worker's number, and how many workers there are.

    Raises:
        DistributedError: one of them is not set, or no such number.
    """
    rank, size = number_of("RANK"), number_of("WORLD_SIZE")
    check_rank(rank, size, "RANK", "WORLD_SIZE")
    return rank, size


def local_rank() -> int:
    """Return this worker's number among those of its machine; 0 where nothing is said of it.

    Raises:
        DistributedError: what is said is no such number.
    """
    number = number_of("LOCAL_RANK") if "LOCAL_RANK" in os.environ else 0
    if not number < MOST_WORKERS:
        raise DistributedError(
            f"LOCAL_RANK is {number}, and a machine has at most {MOST_WORKERS} workers: start "
            "every worker with torchrun, which sets it"
        )
    return number


def check_rank(rank: int, size: int, rank_name: str, size_name: str) -> None:
    """Refuse numbers of workers that cannot be.

    Raises:
        DistributedError: so many workers there are not, or one of that number.
    """
    if not 1 <= size <= MOST_WORKERS:
        raise DistributedError(
            f"{size_name} is {size}: a run has at least 1 worker and at most {MOST_WORKERS}"
        )
    if not 0 <= rank < size:
        raise DistributedError(
            f"{rank_name} is {rank}, and {size_name} is {size}: workers are numbered from 0 to "
            f"{size - 1}; give every torchrun the same --nnodes, and a --node-rank of its own"
        )


def shown(text: str) -> str:
    """Return a text of unknown length and content as part of a sentence."""
    return ascii(text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}...")
