"""Layers as PyTorch modules."""

from collections.abc import Iterable

from torch import Tensor, nn

from .depthwise import DepthwiseConvolution
from .layer import ConvLayer, Layer, LinearLayer, PoolLayer

_ACTIVATIONS = {"relu6": nn.ReLU6, "relu": nn.ReLU}


class ConvNormActivation(nn.Sequential):
    """Convolution, batch norm and activation of one :class:`ConvLayer`.

    Without ``running_statistics`` the batch norm always uses the statistics of the current batch
    and keeps no running averages. A supernet needs that, because a candidate is part of a
    different network at every step.
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


def layered(layers: Iterable[Layer], running_statistics: bool, residual: bool) -> nn.Sequential:
    """Return layers as modules, applied in sequence.

    A residual block is initialised as its identity: the scale of its last batch norm is 0 (Goyal et
    al., 2017, section 5.1). In a supernet, where each candidate is trained for few steps, early
    learning depends on it.
    """
    modules = nn.Sequential(*(_module(layer, running_statistics) for layer in layers))
    if residual:
        last = modules[-1]
        assert isinstance(last, ConvNormActivation)
        nn.init.zeros_(last.norm.weight)
    return modules


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
