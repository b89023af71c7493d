"""A model's memory, known before it is allocated, against what this machine has.

Estimates are what is needed at the least: a run is refused only where it cannot fit.
"""

from collections.abc import Iterable

from . import machine_memory
from .errors import InputError
from .operations.base import Operation
from .space import Space

FLOAT_BYTES = 4
"""Weights, gradients and activations are float32."""
MEND = "take a smaller batch, resolution, width or space"


def check_memory(needed: float, subject: str, mend: str = MEND) -> None:
    """Refuse what needs more bytes than this machine has.

    Raises:
        InputError: it does, as "architecture a needs at least 40.0 GB of memory, and this machine
            has 8.0 GB: ..."; ``subject`` begins the sentence.
    """
    if not needed <= machine_memory.total():
        raise InputError(
            f"{subject} needs at least {gigabytes(needed)} of memory, and this machine has "
            f"{gigabytes(machine_memory.total())}: {mend}"
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


def gigabytes(size: float) -> str:
    """Write an amount of bytes."""
    return f"{size / 1e9:,.1f} GB"
