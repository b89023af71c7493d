"""The gradients of a depthwise convolution are those of ``nn.Conv2d``."""

import pytest
import torch
from torch import nn

from search_spaces import depthwise
from search_spaces.depthwise import DepthwiseConvolution
from search_spaces.modules import channels_last


@pytest.mark.parametrize("kernel", [3, 5, 7])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [(1, 1), (1, 6), (6, 1), (2, 2), (4, 4), (7, 5), (16, 16)])
@pytest.mark.parametrize("piece_bytes", [1, 1 << 20])
def test_gradients(
    monkeypatch: pytest.MonkeyPatch,
    kernel: int,
    stride: int,
    size: tuple[int, int],
    piece_bytes: int,
) -> None:
    monkeypatch.setattr(depthwise, "PIECE_BYTES", piece_bytes)
    torch.manual_seed(0)
    ours = DepthwiseConvolution(8, 8, kernel, stride, padding=kernel // 2, groups=8, bias=False)
    ours = channels_last(ours)
    plain = nn.Conv2d(8, 8, kernel, stride, padding=kernel // 2, groups=8, bias=False)
    plain.load_state_dict(ours.state_dict())
    images = torch.randn(3, 8, *size).contiguous(memory_format=torch.channels_last)
    results = []
    for module in (ours, plain):
        x = images.clone().requires_grad_()
        y = module(x)
        wanted = torch.randn(y.shape, generator=torch.Generator().manual_seed(1))
        torch.autograd.backward(y, wanted)
        results.append((y, x.grad, module.weight.grad))
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-4)


def test_only_wanted_gradients() -> None:
    convolution = DepthwiseConvolution(8, 8, 7, padding=3, groups=8, bias=False)
    x = torch.randn(1, 8, 4, 4)
    torch.autograd.backward(convolution(x).sum())
    assert convolution.weight.grad is not None
    assert x.grad is None


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_other_types_run_as_usual(dtype: torch.dtype) -> None:
    convolution = DepthwiseConvolution(8, 8, 5, padding=2, groups=8, bias=False, dtype=dtype)
    torch.autograd.backward(convolution(torch.randn(1, 8, 4, 4, dtype=dtype)).sum())
    assert convolution.weight.grad is not None
    assert convolution.weight.grad.dtype == dtype
