"""MBConvs evaluated without gradient: fast, exact, leaving no trace.

What an MBConv computes under batch statistics, in fewer passes over its wide maps:

- Statistics of a 1x1 convolution's output follow from its input's: mean W m, variance
  diag(W C W^T) for input mean m and covariance C. So the expansion's batch norm folds into its
  kernel before it runs, and C serves every candidate of the block.
- relu6(a z + b) = a clamp(z, lo, hi) + b with bounds per channel, so normalising the depthwise
  output is one pass in place; a folds into the projection, and the constant disappears in the
  projection's own batch norm.
- A few images at a time, so that the wide maps stay in cache and in memory that is used again:
  fresh pages cost more than the arithmetic on them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from search_spaces.modules import ConvNormActivation, OperationModule

from .base import BlockInput, Evaluation, Evaluator, channel_sums

PIECE_BYTES = 2 << 20
"""Size of the widest map that is worked on at once."""
PIXELS_PER_CHANNEL = 16
"""Images x height x width above which an expansion's batch norm is folded."""

_ONEDNN: bool = torch.backends.mkldnn.is_available()


@dataclass(frozen=True)
class Projection(Evaluation):
    """A candidate's output o = scale * raw + shift: raw map (N, C, H, W), the rest (C,)."""

    raw: Tensor
    scale: Tensor
    shift: Tensor

    def output(self) -> Tensor:
        """Return o, reusing the raw map's memory."""
        return self.raw.mul_(_per_channel(self.scale)).add_(_per_channel(self.shift))

    def inner_product(self, gradient: Tensor, gradient_sum: Tensor) -> Tensor:
        """Return <G, o>, given G and its sums per channel; spoils the raw map."""
        products = channel_sums(self.raw.mul_(gradient))
        return self.scale @ products + self.shift @ gradient_sum


class FoldedMBConv(Evaluator):
    """The passes above."""

    def __call__(self, candidate: OperationModule, given: BlockInput) -> Projection:
        """Run an MBConv."""
        return project(candidate, given)


@torch.no_grad()
def project(candidate: OperationModule, given: BlockInput) -> Projection:
    """Run an MBConv on its input (residual left out) up to its last affine map."""
    *hidden, last = [cast(ConvNormActivation, layer) for layer in candidate.layers.children()]
    depthwise = hidden[-1]
    raw = [
        _convolve(depthwise.conv, piece, depthwise.conv.weight)
        for piece in _expanded(hidden[:-1], depthwise.conv.in_channels, given)
    ]
    scale, low, high = _clamping(depthwise, *_statistics(raw))
    kernel = last.conv.weight * scale[None, :, None, None]
    raw = [_convolve(last.conv, torch.clamp(piece, low, high, out=piece), kernel) for piece in raw]
    whole = raw[0] if len(raw) == 1 else torch.cat(raw)
    return Projection(whole, *_affine(last.norm, *_statistics(raw)))


def _expanded(
    expansion: list[ConvNormActivation], channels: int, given: BlockInput
) -> Iterator[Tensor]:
    """Yield the depthwise convolution's input, some images at a time."""
    bytes_an_image = 4 * channels * given.x.shape[2] * given.x.shape[3]
    images = max(1, PIECE_BYTES // bytes_an_image)
    if not expansion:
        yield from torch.split(given.x, images)
        return
    (layer,) = expansion
    if not folds(given.x):
        yield from torch.split(layer(given.x), images)
        return
    mean, covariance = given.moments
    weight = layer.conv.weight[:, :, 0, 0]
    variance = ((weight @ covariance) * weight).sum(1).clamp(min=0)
    scale, shift = _affine(layer.norm, weight @ mean, variance)
    kernel = (weight * scale[:, None])[:, :, None, None]
    for piece in torch.split(given.x, images):
        yield layer.activation(_convolve(layer.conv, piece, kernel, shift))


def folds(x: Tensor) -> bool:
    """Whether there are so many pixels that folding costs less than normalising."""
    count, channels, height, width = x.shape
    return count * height * width >= PIXELS_PER_CHANNEL * channels


def _clamping(
    layer: ConvNormActivation, mean: Tensor, variance: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Return a, lo, hi such that a layer's output is a clamp(raw, lo, hi), constants aside."""
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
    found = [torch.batch_norm_update_stats(piece, None, None, 0.0) for piece in pieces]
    if len(found) == 1:
        return found[0]
    shares = torch.tensor([len(piece) for piece in pieces], device=pieces[0].device)
    shares = (shares / shares.sum())[:, None]
    means, variances = (torch.stack(parts) for parts in zip(*found, strict=True))
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
