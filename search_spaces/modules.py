"""Operation specs as PyTorch modules."""

from collections.abc import Iterable
from typing import TypeVar

import torch
from torch import Tensor, nn

from .depthwise import DepthwiseConvolution
from .layer import ConvLayer, Layer, LinearLayer, PoolLayer
from .operations.base import Operation

Placed = TypeVar("Placed", bound=nn.Module)

_ACTIVATIONS = {"relu6": nn.ReLU6, "relu": nn.ReLU}


class ConvNormActivation(nn.Sequential):
    """Convolution, batch norm and activation of one :class:`ConvLayer`.

    Without ``running_statistics`` the batch norm always uses the statistics of the batch at hand
    and remembers nothing: what a supernet needs, where a candidate sees a different network around
    it at every step.
    """

    def __init__(self, layer: ConvLayer, running_statistics: bool = True) -> None:
        super().__init__()
        kind = DepthwiseConvolution if layer.groups == layer.in_channels > 1 else nn.Conv2d
        self.conv = kind(
            layer.in_channels,
            layer.out_channels,
            layer.kernel,
            layer.stride,
            padding=layer.kernel // 2,
            groups=layer.groups,
            bias=False,
        )
        nn.init.kaiming_normal_(self.conv.weight, mode="fan_out", nonlinearity="relu")
        self.norm = nn.BatchNorm2d(
            layer.out_channels,
            eps=layer.norm.epsilon,
            momentum=layer.norm.momentum,
            track_running_stats=running_statistics,
        )
        if layer.activation != "none":
            self.activation = _ACTIVATIONS[layer.activation](inplace=True)


class GlobalPool(nn.Module):
    """Average over height and width: (N, C, H, W) to (N, C)."""

    def forward(self, x: Tensor) -> Tensor:
        """Pool ``x`` of shape (N, C, H, W)."""
        return x.mean((2, 3))


class OperationModule(nn.Module):
    """The module of one operation: what it computes, plus the residual where it has one."""

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
    """A plain network: operations one after the other, with no search machinery in it.

    Zero operations are dropped; a network built from the same operations has the same parameter
    names, so weights travel as a plain state dict.
    """

    def __init__(self, operations: Iterable[Operation]) -> None:
        super().__init__()
        self.operations = tuple(operation for operation in operations if not operation.free)
        self.blocks = nn.Sequential(*(OperationModule(operation) for operation in self.operations))

    def forward(self, x: Tensor) -> Tensor:
        """Map images (N, C, H, W) to logits (N, classes)."""
        y: Tensor = self.blocks(x)
        return y


def layered(layers: Iterable[Layer], running_statistics: bool, residual: bool) -> nn.Sequential:
    """Return layers as modules, one after the other.

    A residual block starts as its identity: the scale of its last batch norm begins at 0 (Goyal et
    al., 2017, section 5.1). In a supernet, where each candidate sees few steps, that decides
    whether anything is learned early on.
    """
    made = nn.Sequential(*(_module(layer, running_statistics) for layer in layers))
    if residual:
        last = made[-1]
        assert isinstance(last, ConvNormActivation)
        nn.init.zeros_(last.norm.weight)
    return made


def _module(layer: Layer, running_statistics: bool) -> nn.Module:
    match layer:
        case ConvLayer():
            return ConvNormActivation(layer, running_statistics)
        case PoolLayer():
            return GlobalPool()
        case LinearLayer():
            linear = nn.Linear(layer.in_features, layer.out_features)
            nn.init.normal_(linear.weight, 0.0, 0.01)
            nn.init.zeros_(linear.bias)
            return linear


def channels_last(module: Placed, device: torch.device | str = "cpu") -> Placed:
    """Move a module to a device, its kernels in channels-last memory: the faster layout."""
    placed: Placed = module.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return placed


def count_parameters(module: nn.Module) -> int:
    """Learnable numbers in ``module``."""
    return sum(parameter.numel() for parameter in module.parameters())
