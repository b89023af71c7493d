"""Exact memory of weights and activations, computed from operation specs."""

from collections.abc import Iterable
from typing import Literal

from .operations.base import Operation

DType = Literal["float32", "int8"]
BYTES: dict[DType, int] = {"float32": 4, "int8": 1}
BIAS_BYTES = 4
"""A bias is float32, or int32 in an int8 network."""


def weight_bytes(operation: Operation, dtype: DType = "float32") -> int:
    """Return the bytes of an operation's deployed weights and biases, batch norm folded."""
    weights, biases = operation.deployed_weights
    return weights * BYTES[dtype] + biases * BIAS_BYTES


def peak_activation_bytes(operation: Operation, dtype: DType = "float32", batch: int = 1) -> int:
    """Return the peak bytes of activations in memory while an operation runs."""
    return batch * BYTES[dtype] * operation.peak_activations


def network_peak_activation_bytes(
    operations: Iterable[Operation], dtype: DType = "float32", batch: int = 1
) -> int:
    """Return the peak bytes of activations of a network: the maximum over its operations."""
    return max(peak_activation_bytes(operation, dtype, batch) for operation in operations)
