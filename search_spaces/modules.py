"""Operation specs as PyTorch modules."""

from collections.abc import Iterable
from typing import TypeVar

import torch
from torch import Tensor, nn

from .operations.base import Operation

Placed = TypeVar("Placed", bound=nn.Module)


class OperationModule(nn.Module):
    """The module of one operation, including its residual connection if it has one."""

    def __init__(self, operation: Operation, running_statistics: bool = True) -> None:
        super().__init__()
        self.operation = operation
        self.residual = operation.residual
        self.layers = operation.module(running_statistics)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the operation's output shape, batch first."""
        y: Tensor = self.layers(x)
        return x + y if self.residual else y


class Network(nn.Module):
    """A plain network: operations in sequence, without architecture parameters.

    Zero operations are dropped. Networks built from the same operations have the same parameter
    names, so weights are exchanged as a plain state dict.
    """

    def __init__(self, operations: Iterable[Operation]) -> None:
        super().__init__()
        self.operations = tuple(operation for operation in operations if not operation.free)
        self.blocks = nn.Sequential(*(OperationModule(operation) for operation in self.operations))

    def forward(self, x: Tensor) -> Tensor:
        """Map images (N, C, H, W) to logits (N, classes)."""
        y: Tensor = self.blocks(x)
        return y


def channels_last(module: Placed, device: torch.device | str = "cpu") -> Placed:
    """Move a module to a device, its kernels in channels-last memory format, which is faster."""
    placed: Placed = module.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return placed


def count_parameters(module: nn.Module) -> int:
    """Learnable numbers in ``module``."""
    return sum(parameter.numel() for parameter in module.parameters())
