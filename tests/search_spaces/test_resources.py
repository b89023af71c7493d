"""Resources counted by hand, and against PyTorch."""

import pytest
import torch

from search_spaces import Architecture, MBConv, Network, Zero, load_space
from search_spaces.layer_modules import ConvNormActivation
from search_spaces.resources import (
    network_peak_activation_bytes,
    peak_activation_bytes,
    weight_bytes,
)

BLOCK = MBConv(8, 8, kernel=3, stride=1, expansion=6, resolution=10, skip=True)


def test_peak_by_hand() -> None:
    wide = 48 * 100
    assert peak_activation_bytes(BLOCK) == 4 * (2 * wide + 8 * 100)  # depthwise, and the input
    assert peak_activation_bytes(BLOCK, "int8") == 2 * wide + 8 * 100
    assert peak_activation_bytes(BLOCK, batch=3) == 3 * peak_activation_bytes(BLOCK)
    assert peak_activation_bytes(Zero(8, 10)) == 0


def test_a_network_peaks_at_its_dearest_operation() -> None:
    operations = load_space("tiny").operations()
    peaks = [peak_activation_bytes(operation) for operation in operations]
    assert network_peak_activation_bytes(operations) == max(peaks)


@pytest.mark.parametrize("name", ["tiny", "cifar"])
def test_bytes_are_those_of_folded_weights(name: str) -> None:
    space = load_space(name)
    architecture = Architecture.choose(space, [0] * len(space.blocks))
    network = Network(architecture.operations)
    folded = 0
    for module in network.modules():
        if isinstance(module, ConvNormActivation):
            folded += module.conv.weight.numel() + len(module.norm.bias)
        elif isinstance(module, torch.nn.Linear):
            folded += module.weight.numel() + len(module.bias)
    assert sum(map(weight_bytes, architecture.operations)) == 4 * folded


def test_int8_keeps_wide_biases() -> None:
    biases = 48 + 48 + 8
    assert weight_bytes(BLOCK) - weight_bytes(BLOCK, "int8") == 3 * (
        weight_bytes(BLOCK) // 4 - biases
    )
