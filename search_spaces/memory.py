"""A model's memory, known before it is allocated, against what this machine has.

Estimates are what is needed at the least: a run is refused only where it cannot fit.
"""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from .errors import InputError
from .operations.base import Operation
from .space import Space

FLOAT_BYTES = 4
"""Weights, gradients and activations are float32."""
CGROUPS = Path("/sys/fs/cgroup")
OWN_GROUPS = Path("/proc/self/cgroup")
UNLIMITED = 2**60
"""A limit of a control group beyond this is none."""
MEND = "take a smaller batch, resolution, width or space"


def check_memory(needed: float, subject: str, mend: str = MEND) -> None:
    """Refuse what needs more bytes than this machine has.

    Raises:
        InputError: it does, as "architecture a needs at least 40.0 GB of memory, and this machine
            has 8.0 GB: ..."; ``subject`` begins the sentence.
    """
    if not needed <= memory_of_machine():
        raise InputError(
            f"{subject} needs at least {gigabytes(needed)} of memory, and this machine has "
            f"{gigabytes(memory_of_machine())}: {mend}"
        )


def weight_memory(operations: Iterable[Operation], copies: int = 1) -> int:
    """Return the bytes of operations' weights; ``copies`` counts gradients and the like."""
    return FLOAT_BYTES * copies * sum(operation.parameters for operation in operations)


def running_memory(operation: Operation, batch: int) -> int:
    """Return the bytes of an operation's weights and of its activations for a batch."""
    return FLOAT_BYTES * (operation.parameters + batch * operation.peak_activations)


def training_memory(operations: Iterable[Operation], batch: int, copies: int = 3) -> int:
    """Return the bytes of a training step: weights, gradients, momentum, and what backward needs.

    What every convolution puts out is kept for the backward pass.
    """
    operations = tuple(operations)
    kept = sum(kept_activations(operation) for operation in operations)
    return weight_memory(operations, copies) + FLOAT_BYTES * batch * kept


def supernet_memory(space: Space, batch: int) -> int:
    """Return the bytes of a step of a search: weights, momentum, and a path of the usual size."""
    means = (
        sum(map(kept_activations, block.candidates)) / len(block.candidates)
        for block in space.blocks
        if block.candidates
    )
    kept = sum(map(kept_activations, space.fixed)) + int(sum(means))
    return weight_memory(space.all_operations(), 2) + FLOAT_BYTES * batch * kept


def kept_activations(operation: Operation) -> int:
    """Return the numbers of one image that the backward pass of an operation needs."""
    if operation.layers:
        return sum(layer.output_size for layer in operation.layers)
    return operation.peak_activations // 2


@cache
def memory_of_machine() -> int:
    """Return the bytes that processes of this machine may have: memory and swap, or a limit."""
    import psutil  # on use: whoever only reads a space needs none of it

    total = psutil.virtual_memory().total + psutil.swap_memory().total
    return min([total, *_limits()])


def gigabytes(size: float) -> str:
    """Write an amount of bytes."""
    return f"{size / 1e9:,.1f} GB"


def _limits() -> list[int]:
    """Return the limits of the control groups that this process is in."""
    try:
        lines = OWN_GROUPS.read_text().splitlines()
    except (OSError, ValueError):
        return []
    limits = []
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if controllers not in ("", "memory"):
            continue
        root = CGROUPS / controllers
        name = "memory.limit_in_bytes" if controllers else "memory.max"
        folder = root / group.lstrip("/")
        for parent in (folder, *folder.parents):
            if parent.is_relative_to(root):
                limits += _limit(parent / name)
    return limits


def _limit(file: Path) -> list[int]:
    try:
        text = file.read_text().strip()
    except (OSError, ValueError):
        return []
    return [int(text)] if text.isdecimal() and int(text) < UNLIMITED else []
