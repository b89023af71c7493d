"""Checks that operations can be lowered to a model file."""

from collections.abc import Iterable

from ..errors import InputError
from ..layer import Layer
from ..operations.base import Operation


def check_lowerable(operations: Iterable[Operation], product: str) -> None:
    """Refuse operations that have only a PyTorch module, or layers that no lowering knows.

    Args:
        operations: the operations to lower.
        product: the name of what they are lowered to, for the error's sentence.

    Raises:
        InputError: an operation has no layers, or one that cannot be part of a file.
    """
    for operation in operations:
        for layer in operation.layers:
            if not isinstance(layer, Layer):
                raise InputError(
                    f"operation {operation.label} ({operation.kind}) has a layer "
                    f"{type(layer).__name__}, which cannot be part of a {product}: make it of the "
                    "layers of search_spaces.layer, or a ModuleOperation"
                )
        if not operation.lowerable:
            raise InputError(
                f"operation {operation.label} ({operation.kind}) has no layers, only a PyTorch "
                f"module, so there can be no {product}: it runs on PyTorch (runtime torch-cpu)"
            )
