"""Depthwise convolution whose weight gradient is fast on a CPU.

oneDNN has a kernel for the weight gradient of a depthwise convolution up to three columns wide;
wider ones use the kernel for grouped convolutions, which pads the channels of every group to a
full vector and multiplies mostly zeros: 5 x 5 and 7 x 7 take 3 to 30 times as long as 3 x 3. Here
their gradient is assembled from strips of at most three columns, a few images at a time so that
the data that strips share stays in cache. The sums are equal up to the order of their terms.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

STRIPS = {5: ((0, 3), (3, 2)), 7: ((0, 3), (3, 2), (5, 2))}
"""Strips by kernel width, as (first column, columns); one column is too narrow for stride 2."""
PIECE_BYTES = 2 << 20
"""Bytes of input that are processed at once, at most (but at least one image)."""


class DepthwiseConvolution(nn.Conv2d):
    """An ``nn.Conv2d`` with one kernel per channel: same parameters, same results."""

    def forward(self, x: Tensor) -> Tensor:
        """Convolve (N, C, H, W)."""
        if _has_strips(self) and _on_cpu(x) and torch.is_grad_enabled():
            y: Tensor = _Convolve.apply(x, self.weight, self.stride, self.padding)  # type: ignore[no-untyped-call]
            return y
        return super().forward(x)


def _has_strips(conv: nn.Conv2d) -> bool:
    return conv.kernel_size[0] == conv.kernel_size[1] and conv.kernel_size[1] in STRIPS


def _on_cpu(x: Tensor) -> bool:
    return (
        x.device.type == "cpu" and x.dtype == torch.float32 and not torch.is_autocast_enabled("cpu")
    )


class _Convolve(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: torch.autograd.function.FunctionCtx,
        x: Tensor,
        weight: Tensor,
        stride: tuple[int, int],
        padding: tuple[int, int],
    ) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.stride, ctx.padding = stride, padding  # type: ignore[attr-defined]
        return F.conv2d(x, weight, None, stride, padding, 1, len(weight))

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[no-untyped-def]
        x, weight = ctx.saved_tensors
        by_x = by_weight = None
        if ctx.needs_input_grad[0]:
            by_x = _gradients(gradient, x, weight, ctx.stride, ctx.padding, [True, False, False])[0]
        if ctx.needs_input_grad[1]:
            by_weight = _weight_gradient(gradient, x, weight, ctx.stride[0], ctx.padding[0])
        return by_x, by_weight, None, None


def _weight_gradient(
    gradient: Tensor, x: Tensor, weight: Tensor, stride: int, padding: int
) -> Tensor:
    kernel, (height, width) = weight.shape[2], gradient.shape[2:]
    images = max(1, PIECE_BYTES // (4 * x[0].numel()))
    rows = stride * (height - 1) + kernel
    weight_gradient = torch.zeros_like(weight)
    for x_piece, gradient_piece in zip(
        torch.split(x, images), torch.split(gradient, images), strict=True
    ):
        for first, columns in STRIPS[kernel]:
            left, input_columns = first - padding, stride * (width - 1) + columns
            if left >= x.shape[3] or left + input_columns <= 0:
                continue  # these columns of the kernel only cover padding
            strip = _window(x_piece, left, input_columns, -padding, rows)
            part = weight[..., first : first + columns]
            weight_gradient[..., first : first + columns] += _gradients(
                gradient_piece, strip, part, (stride, stride), (0, 0), [False, True, False]
            )[1]
    return weight_gradient


def _window(x: Tensor, left: int, columns: int, top: int, rows: int) -> Tensor:
    """Return the rectangle that starts at column ``left`` and row ``top``, zeros outside x."""
    right, bottom = left + columns - x.shape[3], top + rows - x.shape[2]
    return F.pad(x, (-left, right, -top, bottom))


def _gradients(
    gradient: Tensor,
    x: Tensor,
    weight: Tensor,
    stride: tuple[int, int],
    padding: tuple[int, int],
    output_mask: list[bool],
) -> tuple[Tensor, Tensor, Tensor]:
    gradients: tuple[Tensor, Tensor, Tensor] = torch.ops.aten.convolution_backward(
        gradient, x, weight, None, stride, padding, (1, 1), False, (0, 0), len(weight), output_mask
    )
    return gradients
