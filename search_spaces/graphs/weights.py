"""Weights for lowering: one (kernel, bias) pair per convolution and linear layer, in order."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ..layer import ConvLayer, LinearLayer
from ..layer_modules import ConvNormActivation
from ..modules import Network
from ..operations.base import Operation

Weights = list[tuple[NDArray[np.float32], NDArray[np.float32]]]


def random_weights(operations: Sequence[Operation], seed: int = 0) -> Weights:
    """He-initialised weights: activations keep their scale, so that no denormals slow a runtime."""
    generator = np.random.default_rng(seed)
    weights: Weights = []
    for operation in operations:
        for layer in operation.layers:
            match layer:
                case ConvLayer():
                    shape: tuple[int, ...] = layer.weight_shape
                    gain = 1.0 if layer.activation == "none" else 2.0
                case LinearLayer():
                    shape = (layer.out_features, layer.in_features)
                    gain = 1.0
                case _:
                    continue
            scale = np.sqrt(gain / np.prod(shape[1:]))
            kernel = generator.standard_normal(shape, dtype=np.float32) * np.float32(scale)
            bias = generator.standard_normal(shape[0], dtype=np.float32) * np.float32(0.1)
            weights.append((kernel, bias))
    return weights


def folded_weights(network: Network) -> Weights:
    """Weights of a trained network with every batch norm folded into its convolution.

    kernel' = kernel * gamma / sqrt(var + eps), bias' = beta - mean * gamma / sqrt(var + eps),
    computed in float64.
    """
    weights: Weights = []
    for module in network.modules():
        if isinstance(module, ConvNormActivation):
            weights.append(_fold(module.conv, module.norm))
        elif isinstance(module, nn.Linear):
            weights.append((_numpy(module.weight), _numpy(module.bias)))
    return weights


def _fold(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    assert norm.running_var is not None
    assert norm.running_mean is not None
    scale = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
    kernel = conv.weight.double() * scale[:, None, None, None]
    bias = norm.bias.double() - norm.running_mean.double() * scale
    return _numpy(kernel.float()), _numpy(bias.float())


def _numpy(tensor: torch.Tensor) -> NDArray[np.float32]:
    return tensor.detach().cpu().contiguous().numpy()
