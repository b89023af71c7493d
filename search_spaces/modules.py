"""Operation specs as PyTorch modules."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from .layer import ConvLayer, Layer, LinearLayer, PoolLayer
from .operation import Operation

_ACTIVATIONS = {"relu6": nn.ReLU6, "relu": nn.ReLU}


class ConvNormActivation(nn.Sequential):
    """Convolution, batch norm and activation of one :class:`ConvLayer`.

    Without ``running_statistics`` the batch norm always uses the statistics of the batch at hand
    and remembers nothing: what a supernet needs, where a candidate sees a different network around
    it at every step.
    """

    def __init__(self, layer: ConvLayer, running_statistics: bool = True) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
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
    """The module of one operation: its layers in order, plus the residual where it has one."""

    def __init__(self, operation: Operation, running_statistics: bool = True) -> None:
        super().__init__()
        self.residual = operation.residual
        self.layers = nn.Sequential(
            *(_module(layer, running_statistics) for layer in operation.layers)
        )

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


def count_parameters(module: nn.Module) -> int:
    """Learnable numbers in ``module``."""
    return sum(parameter.numel() for parameter in module.parameters())


def example_input(operation: Operation, batch: int = 1) -> Tensor:
    """Standard normal noise of the operation's input shape, batch first."""
    return torch.randn(batch, *operation.input_shape)
