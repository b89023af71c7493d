import pytest
import torch
from support import randomise

from proxyless.nas.candidates.base import BlockInput, channel_sums
from proxyless.nas.candidates.mbconv import project
from search_spaces import MBConv
from search_spaces.layer import Activation
from search_spaces.layer_modules import ConvNormActivation
from search_spaces.modules import OperationModule

KINDS: list[tuple[int, int, int, int, bool, Activation]] = [
    (6, 3, 1, 1, True, "relu6"), (6, 5, 1, 3, True, "relu6"), (8, 3, 2, 3, False, "relu6"),
    (8, 7, 1, 2, False, "relu"), (8, 3, 2, 1, False, "relu"),
]  # fmt: skip
SPECS = [
    MBConv(6, out, kernel, stride, expansion, 7, skip, activation)
    for out, kernel, stride, expansion, skip, activation in KINDS
]


def candidate_of(spec: MBConv, dtype: torch.dtype) -> OperationModule:
    torch.manual_seed(1)
    module = OperationModule(spec, running_statistics=False).to(dtype)
    randomise(module)
    return module


@pytest.fixture(params=[True, False], ids=["folded", "normalised"])
def folds(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of computing an expansion, whatever the number of pixels says."""
    limit = 0 if request.param else 1 << 40
    monkeypatch.setattr("proxyless.nas.candidates.mbconv.PIXELS_PER_CHANNEL", limit)


@pytest.mark.usefixtures("folds")
@pytest.mark.parametrize("at_once", [1, 3, 100])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.key)
def test_projection_is_what_the_layers_compute(
    spec: MBConv, dtype: torch.dtype, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    bytes_an_image = 4 * 6 * spec.expansion * 7 * 7
    monkeypatch.setattr("proxyless.nas.candidates.mbconv.PIECE_BYTES", at_once * bytes_an_image)
    candidate = candidate_of(spec, dtype)
    x = (2 * torch.randn(4, 6, 7, 7, dtype=dtype) + 1).contiguous(memory_format=torch.channels_last)
    with torch.no_grad():
        expected = candidate.layers(x)
        gradient = torch.randn_like(expected)
    before = x.clone()
    tolerance = {torch.float32: 2e-4, torch.float64: 1e-10}[dtype]
    found = project(candidate, BlockInput(x)).output()
    torch.testing.assert_close(found, expected, atol=tolerance, rtol=tolerance)
    product = project(candidate, BlockInput(x)).inner_product(gradient, channel_sums(gradient))
    wanted = (gradient * expected).sum()
    torch.testing.assert_close(product, wanted, atol=50 * tolerance, rtol=tolerance)
    assert torch.equal(x, before), "the input was changed"


@pytest.mark.usefixtures("folds")
@pytest.mark.parametrize("spec", SPECS[:4], ids=lambda spec: spec.key)
def test_scales_of_zero_are_no_trouble(spec: MBConv) -> None:
    candidate = candidate_of(spec, torch.float64)
    for layer in list(candidate.layers.children())[:-1]:
        assert isinstance(layer, ConvNormActivation)
        layer.norm.weight.data[::2] = 0
    x = torch.randn(4, 6, 7, 7, dtype=torch.float64)
    with torch.no_grad():
        expected = candidate.layers(x)
    found = project(candidate, BlockInput(x)).output()
    torch.testing.assert_close(found, expected, atol=1e-8, rtol=1e-8)


@pytest.mark.usefixtures("folds")
def test_evaluating_leaves_no_trace() -> None:
    candidate = candidate_of(SPECS[1], torch.float32)
    before = {name: value.clone() for name, value in candidate.state_dict().items()}
    x = torch.randn(2, 6, 7, 7, requires_grad=True)
    output = project(candidate, BlockInput(x)).output()
    assert not output.requires_grad
    assert all(parameter.grad is None for parameter in candidate.parameters())
    assert all(torch.equal(before[name], value) for name, value in candidate.state_dict().items())


def test_moments_are_the_pixels_mean_and_covariance() -> None:
    x = torch.randn(3, 5, 4, 4, dtype=torch.float64) + 2
    mean, covariance = BlockInput(x).moments
    pixels = x.permute(1, 0, 2, 3).reshape(5, -1)
    torch.testing.assert_close(mean, pixels.mean(1))
    torch.testing.assert_close(covariance, torch.cov(pixels, correction=0))
