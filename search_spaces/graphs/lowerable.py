"""Which operations can become part of a file."""

from collections.abc import Iterable

from ..errors import InputError
from ..operations.base import Operation


def check_lowerable(operations: Iterable[Operation], what: str) -> None:
    """Refuse operations that are a PyTorch module and nothing else; ``what`` is to be made.

    Raises:
        InputError: one of them has no layers.
    """
    for operation in operations:
        if not operation.lowerable:
            raise InputError(
                f"operation {operation.label} ({operation.kind}) has no layers, only a PyTorch "
                f"module, so there can be no {what}: it runs on PyTorch (runtime torch-cpu)"
            )
