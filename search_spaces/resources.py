"""What a network takes besides time, exactly, from its operation specs."""

from collections.abc import Iterable
from typing import Literal

from .layer import ConvLayer, Layer, LinearLayer, PoolLayer
from .operation import Operation

DType = Literal["float32", "int8"]
BYTES: dict[DType, int] = {"float32": 4, "int8": 1}
BIAS_BYTES = 4
"""A bias is float32, or int32 in an int8 network."""


def weight_bytes(operation: Operation, dtype: DType = "float32") -> int:
    """Return the bytes of an operation's deployed weights: batch norm folded, biases added."""
    return sum(_weight_bytes(layer, BYTES[dtype]) for layer in operation.layers)


def peak_activation_bytes(operation: Operation, dtype: DType = "float32", batch: int = 1) -> int:
    """Return the most bytes of activations alive at once while an operation runs.

    Layers run one after the other, each with its input and its output in memory; the input of a
    residual operation stays until it is added. (Lin et al., MCUNet, 2020, count alike.)
    """
    layers = operation.layers
    if not layers:
        return 0
    kept = _input_size(layers[0]) if operation.residual else 0
    sizes = [_input_size(layer) + _output_size(layer) for layer in layers]
    alive = [size + (kept if number else 0) for number, size in enumerate(sizes)]
    return batch * BYTES[dtype] * max(alive)


def network_peak_activation_bytes(
    operations: Iterable[Operation], dtype: DType = "float32", batch: int = 1
) -> int:
    """Return the most bytes of activations alive at once in a network: its dearest operation's."""
    return max(peak_activation_bytes(operation, dtype, batch) for operation in operations)


def _weight_bytes(layer: Layer, size: int) -> int:
    match layer:
        case ConvLayer():
            out, inner, height, width = layer.weight_shape
            return out * (inner * height * width * size + BIAS_BYTES)
        case PoolLayer():
            return 0
        case LinearLayer():
            return layer.out_features * (layer.in_features * size + BIAS_BYTES)


def _input_size(layer: Layer) -> int:
    match layer:
        case ConvLayer():
            return layer.in_channels * layer.resolution**2
        case PoolLayer():
            return layer.channels * layer.resolution**2
        case LinearLayer():
            return layer.in_features


def _output_size(layer: Layer) -> int:
    match layer:
        case ConvLayer():
            return layer.out_channels * layer.output_resolution**2
        case PoolLayer():
            return layer.channels
        case LinearLayer():
            return layer.out_features
