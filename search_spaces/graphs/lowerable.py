"""Checks that operations can be lowered to a model file."""

from collections.abc import Iterable

from ..errors import InputError
from ..operations.base import Operation


def check_lowerable(operations: Iterable[Operation], product: str) -> None:
    """Refuse operations that have only a PyTorch module.

    Args:
        operations: the operations to lower.
        product: the name of what they are lowered to, for the error's sentence.

    Raises:
        InputError: an operation has no layers.
    """
    for operation in operations:
        if not operation.lowerable:
            raise InputError(
                f"operation {operation.label} ({operation.kind}) has no layers, only a PyTorch "
                f"module, so there can be no {product}: it runs on PyTorch (runtime torch-cpu)"
            )
