"""MBConvs evaluated without gradient or side effects: fast and exact.

The output of an MBConv under batch statistics is computed in fewer passes over its wide maps:

- Statistics of a 1x1 convolution's output follow from its input's: mean W m, variance
  diag(W C W^T) for input mean m and covariance C. So the expansion's batch norm folds into its
  kernel before it runs, and C serves every candidate of the block.
- relu6(a z + b) = a clamp(z, lo, hi) + b with bounds per channel, so normalising the depthwise
  output is one pass in place; a folds into the projection, and the constant disappears in the
  projection's batch norm.
- A few images are processed at a time, so that the wide maps stay in cache and their memory is
  reused: allocating new pages takes longer than the arithmetic on them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from search_spaces.layer_modules import ConvNormActivation
from search_spaces.modules import OperationModule

from .base import BlockInput, Evaluation, Evaluator, channel_sums

PIECE_BYTES = 2 << 20
"""Bytes of the widest map that is processed at once, at most (but at least one image)."""
PIXELS_PER_CHANNEL = 16
"""Pixels (images x height x width) per channel from which an expansion's batch norm is folded."""

_ONEDNN: bool = torch.backends.mkldnn.is_available()


@dataclass(frozen=True)
class Projection(Evaluation):
    """A candidate's output o = scale * raw + shift; raw is (N, C, H, W), scale and shift (C,)."""

    raw: Tensor
    scale: Tensor
    shift: Tensor

    def output(self) -> Tensor:
        """Return o, reusing the raw map's memory."""
        return self.raw.mul_(_per_channel(self.scale)).add_(_per_channel(self.shift))

    def inner_product(self, gradient: Tensor, gradient_sum: Tensor) -> Tensor:
        """Return <G, o>, given G and its sums per channel; overwrites the raw map."""
        products = channel_sums(self.raw.mul_(gradient))
        return self.scale @ products + self.shift @ gradient_sum


class FoldedMBConv(Evaluator):
    """Evaluation of MBConvs in the passes described above."""

    def __call__(self, candidate: OperationModule, block_input: BlockInput) -> Projection:
        """Run an MBConv."""
        return project(candidate, block_input)


@torch.no_grad()
def project(candidate: OperationModule, block_input: BlockInput) -> Projection:
    """Run an MBConv without its residual, up to its last affine map."""
    *hidden, last = [cast(ConvNormActivation, layer) for layer in candidate.layers.children()]
    depthwise = hidden[-1]
    raw = [
        _convolve(depthwise.conv, piece, depthwise.conv.weight)
        for piece in _expanded(hidden[:-1], depthwise.conv.in_channels, block_input)
    ]
    scale, low, high = _clamping(depthwise, *_statistics(raw))
    kernel = last.conv.weight * scale[None, :, None, None]
    raw = [_convolve(last.conv, torch.clamp(piece, low, high, out=piece), kernel) for piece in raw]
    output = raw[0] if len(raw) == 1 else torch.cat(raw)
    return Projection(output, *_affine(last.norm, *_statistics(raw)))


def _expanded(
    expansion: list[ConvNormActivation], channels: int, block_input: BlockInput
) -> Iterator[Tensor]:
    """Yield the depthwise convolution's input, a few images at a time."""
    bytes_an_image = 4 * channels * block_input.x.shape[2] * block_input.x.shape[3]
    images = max(1, PIECE_BYTES // bytes_an_image)
    if not expansion:
        yield from torch.split(block_input.x, images)
        return
    (layer,) = expansion
    if not folds(block_input.x):
        yield from torch.split(layer(block_input.x), images)
        return
    mean, covariance = block_input.moments
    weight = layer.conv.weight[:, :, 0, 0]
    variance = ((weight @ covariance) * weight).sum(1).clamp(min=0)
    scale, shift = _affine(layer.norm, weight @ mean, variance)
    kernel = (weight * scale[:, None])[:, :, None, None]
    for piece in torch.split(block_input.x, images):
        yield layer.activation(_convolve(layer.conv, piece, kernel, shift))


def folds(x: Tensor) -> bool:
    """Return whether (N, C, H, W) has so many pixels that folding is faster than normalising."""
    count, channels, height, width = x.shape
    return count * height * width >= PIXELS_PER_CHANNEL * channels


def _clamping(
    layer: ConvNormActivation, mean: Tensor, variance: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Return a, lo, hi such that a layer's output is a clamp(raw, lo, hi) up to a constant."""
    scale, shift = _affine(layer.norm, mean, variance)
    scale = torch.where(scale.abs() < 1e-20, 1e-20, scale)
    ceiling = 6.0 if isinstance(layer.activation, nn.ReLU6) else torch.inf
    ends = torch.stack([-shift / scale, (ceiling - shift) / scale])
    return scale, _per_channel(ends.amin(0)), _per_channel(ends.amax(0))


def _affine(norm: nn.BatchNorm2d, mean: Tensor, variance: Tensor) -> tuple[Tensor, Tensor]:
    scale = norm.weight / torch.sqrt(variance + norm.eps)
    return scale, norm.bias - mean * scale


def _statistics(pieces: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Return mean and biased variance per channel over all pieces of a batch."""
    statistics = [torch.batch_norm_update_stats(piece, None, None, 0.0) for piece in pieces]
    if len(statistics) == 1:
        return statistics[0]
    shares = torch.tensor([len(piece) for piece in pieces], device=pieces[0].device)
    shares = (shares / shares.sum())[:, None]
    means, variances = (torch.stack(parts) for parts in zip(*statistics, strict=True))
    mean = (shares * means).sum(0)
    return mean, (shares * (variances + (means - mean) ** 2)).sum(0)


def _convolve(conv: nn.Conv2d, x: Tensor, kernel: Tensor, bias: Tensor | None = None) -> Tensor:
    padding = conv.kernel_size[0] // 2
    if x.device.type == "cpu" and x.dtype == torch.float32 and _ONEDNN:
        return torch.mkldnn_convolution(
            x, kernel, bias, (padding, padding), conv.stride, conv.dilation, conv.groups
        )
    return F.conv2d(x, kernel, bias, conv.stride, padding, conv.dilation, conv.groups)


def _per_channel(values: Tensor) -> Tensor:
    return values[:, None, None]
