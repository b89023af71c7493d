"""Candidates evaluated without gradient: fast, exact, leaving no trace.

What an MBConv computes under batch statistics, in fewer passes over its wide maps:

- Statistics of a 1x1 convolution's output follow from its input's: mean W m, variance
  diag(W C W^T) for input mean m and covariance C. So the expansion's batch norm folds into its
  kernel before it runs, and C serves every candidate of the block.
- relu6(a z + b) = a clamp(z, lo, hi) + b with bounds per channel, so normalising the depthwise
  output is one pass in place; a folds into the projection, and the constant disappears in the
  projection's own batch norm.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from search_spaces.modules import ConvNormActivation, OperationModule

_ONEDNN: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Moments:
    """Mean (C,) and covariance (C, C) of a map's pixels, in float64."""

    mean: Tensor
    covariance: Tensor

    @classmethod
    def of(cls, x: Tensor) -> "Moments":
        """Measure a map (N, C, H, W), once for all candidates of a block."""
        pixels = x.permute(0, 2, 3, 1).reshape(-1, x.shape[1])
        mean = pixels.mean(0, dtype=torch.float64)
        product = (pixels.T @ pixels).double() / len(pixels)
        return cls(mean, product - torch.outer(mean, mean))


@dataclass(frozen=True)
class Projection:
    """A candidate's output o = scale * raw + shift: raw map (N, C, H, W), the rest (C,)."""

    raw: Tensor
    scale: Tensor
    shift: Tensor

    def output(self) -> Tensor:
        """Return o, reusing the raw map's memory."""
        return self.raw.mul_(_per_channel(self.scale)).add_(_per_channel(self.shift))

    def inner_product(self, gradient: Tensor, gradient_sum: Tensor) -> Tensor:
        """Return <G, o>, given G and its sums per channel; spoils the raw map."""
        products = _pixel_sum(self.raw.mul_(gradient))
        return self.scale @ products + self.shift @ gradient_sum


@torch.no_grad()
def project(candidate: OperationModule, x: Tensor, moments: Moments) -> Projection:
    """Run an MBConv on ``x`` (residual left out) up to its last affine map."""
    *hidden, last = candidate.layers
    scale = None
    for layer in hidden:
        assert isinstance(layer, ConvNormActivation)
        if layer.conv.groups == 1:
            x = _expand(layer, x, moments)
        else:
            x, scale = _depthwise(layer, x)
    assert isinstance(last, ConvNormActivation)
    kernel = last.conv.weight if scale is None else last.conv.weight * scale[None, :, None, None]
    raw = _convolve(last.conv, x, kernel)
    return Projection(raw, *_affine(last.norm, *_statistics(raw)))


def _expand(layer: ConvNormActivation, x: Tensor, moments: Moments) -> Tensor:
    weight = layer.conv.weight[:, :, 0, 0].double()
    mean = weight @ moments.mean
    variance = ((weight @ moments.covariance) * weight).sum(1).clamp(min=0)
    scale, shift = _affine(layer.norm, mean, variance)
    kernel = (weight * scale[:, None]).to(x.dtype)[:, :, None, None]
    result: Tensor = layer.activation(_convolve(layer.conv, x, kernel, shift.to(x.dtype)))
    return result


def _depthwise(layer: ConvNormActivation, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return c and a such that the layer's output is a * c, up to a constant per channel."""
    raw = _convolve(layer.conv, x, layer.conv.weight)
    scale, shift = _affine(layer.norm, *_statistics(raw))
    scale = torch.where(scale.abs() < 1e-20, 1e-20, scale)
    ceiling = 6.0 if isinstance(layer.activation, nn.ReLU6) else torch.inf
    ends = torch.stack([-shift / scale, (ceiling - shift) / scale])
    low, high = ends.amin(0), ends.amax(0)
    torch.clamp(raw, _per_channel(low), _per_channel(high), out=raw)
    return raw, scale


def _affine(norm: nn.BatchNorm2d, mean: Tensor, variance: Tensor) -> tuple[Tensor, Tensor]:
    scale = norm.weight / torch.sqrt(variance + norm.eps)
    return scale, norm.bias - mean * scale


def _statistics(x: Tensor) -> tuple[Tensor, Tensor]:
    mean, variance = torch.batch_norm_update_stats(x, None, None, 0.0)
    return mean, variance


def _convolve(conv: nn.Conv2d, x: Tensor, kernel: Tensor, bias: Tensor | None = None) -> Tensor:
    padding = conv.kernel_size[0] // 2
    if x.device.type == "cpu" and x.dtype == torch.float32 and _ONEDNN:
        return torch.mkldnn_convolution(
            x, kernel, bias, (padding, padding), conv.stride, conv.dilation, conv.groups
        )
    return F.conv2d(x, kernel, bias, conv.stride, padding, conv.dilation, conv.groups)


def _pixel_sum(x: Tensor) -> Tensor:
    return x.permute(0, 2, 3, 1).reshape(-1, x.shape[1]).sum(0)


def _per_channel(values: Tensor) -> Tensor:
    return values[:, None, None]


def channel_sums(gradient: Tensor) -> Tensor:
    """Return the sums over images and pixels of (N, C, H, W), shape (C,)."""
    return _pixel_sum(gradient)
