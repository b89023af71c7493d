"""Features of operations and networks that are known before measuring.

The features of an operation are computed from its layers; a network is described by how often it
has each operation. Both are the input of :func:`latency.fit_table`.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from math import log2
from typing import Protocol, TypeGuard

import numpy as np
from numpy.typing import NDArray

from search_spaces import InputError, Operation
from search_spaces.layer import ConvLayer, Layer, LinearLayer, PoolLayer


class Layered(Protocol):
    """An object made of layers, such as an operation of ``search_spaces``."""

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The primitive layers, in order."""

    @property
    def residual(self) -> bool:
        """Whether the input is added to the output."""


@dataclass(frozen=True)
class Description:
    """Features of operations.

    ``costs`` of shape (operations, costs) are non-negative and take time: multiply-accumulates
    outside depthwise convolutions; those of depthwise convolutions, a column for each kernel size,
    because runtimes have a routine for each; weights read; activations written; and launches, the
    calls of a runtime that fuses nothing (convolution, normalisation, activation, addition, and
    one more for a grouped convolution). ``names`` are the names of these columns.

    ``coordinates`` of shape (operations, 7) determine the similarity of operations. Four are of the
    position: log2 of input and output channels, and of input and output resolution. Three are of
    the type: a quarter of the largest kernel, log4 of the expansion, and log4 of the groups of
    convolutions that are not depthwise. A distance of 1 is a doubling of channels, or two kernel
    sizes, because peculiarities of a position mostly hold for all operations there.
    """

    names: tuple[str, ...]
    costs: NDArray[np.float64]
    coordinates: NDArray[np.float64]


def describe(operations: Sequence[Layered]) -> Description:
    """Return the features of operations, in their order.

    Raises:
        InputError: an operation has no layers, only a PyTorch module.
    """
    for operation in operations:
        if isinstance(operation, Operation) and not operation.lowerable:
            raise InputError(
                f"operation {operation.label} ({operation.kind}) has no layers, so nothing says "
                "what it takes before it is measured: profile it instead"
            )
    layers = chain.from_iterable(operation.layers for operation in operations)
    kernels = sorted({layer.kernel for layer in layers if _is_depthwise(layer)})
    names = (
        "macs",
        *(f"depthwise_macs_{kernel}" for kernel in kernels),
        "weights",
        "activations",
        "launches",
    )
    costs = [_costs(operation, kernels) for operation in operations]
    coordinates = [_coordinates(operation.layers) for operation in operations]
    return Description(names, np.array(costs, float), np.array(coordinates, float))


def count_uses(
    networks: Iterable[Iterable[Hashable]], operations: Sequence[Hashable]
) -> NDArray[np.float64]:
    """Return how often each network has each operation, of shape (networks, operations).

    Operations are given by their keys in a table, or by other values that are equal for equal ones.

    Raises:
        InputError: a network has an operation that is not among ``operations``.
    """
    columns = {operation: column for column, operation in enumerate(operations)}
    rows = []
    for number, network in enumerate(networks):
        counts = Counter(network)
        for operation in counts:
            if operation not in columns:
                raise InputError(
                    f"network {number} has {operation}, which is not among the {len(columns)} "
                    "operations: pass every operation of the space"
                )
        rows.append([counts[operation] for operation in columns])
    return np.array(rows, float).reshape(len(rows), len(columns))


def _costs(operation: Layered, kernels: Iterable[int]) -> list[int]:
    layers = operation.layers
    return [
        sum(layer.macs for layer in layers if not _is_depthwise(layer)),
        *(
            sum(layer.macs for layer in layers if _is_depthwise(layer) and layer.kernel == kernel)
            for kernel in kernels
        ),
        sum(layer.parameters for layer in layers),
        sum(_channels_out(layer) * layer.output_resolution**2 for layer in layers),
        sum(map(_launches, layers)) + operation.residual,
    ]


def _coordinates(layers: Sequence[Layer]) -> list[float]:
    if not layers:
        return [0.0] * 7
    convolutions = [layer for layer in layers if isinstance(layer, ConvLayer)]
    channels = _channels_in(layers[0])
    widest = max(map(_channels_in, layers))
    kernel = max((layer.kernel for layer in convolutions), default=1)
    groups = max((layer.groups for layer in convolutions if not _is_depthwise(layer)), default=1)
    place = (
        channels,
        _channels_out(layers[-1]),
        _resolution(layers[0]),
        layers[-1].output_resolution,
    )
    return [*map(log2, place), kernel / 4, log2(widest / channels) / 2, log2(groups) / 2]


def _is_depthwise(layer: Layer) -> TypeGuard[ConvLayer]:
    return isinstance(layer, ConvLayer) and layer.groups == layer.in_channels > 1


def _launches(layer: Layer) -> int:
    if not isinstance(layer, ConvLayer):
        return 1
    grouped = 1 < layer.groups < layer.in_channels
    return 2 + (layer.activation != "none") + grouped


def _channels_in(layer: Layer) -> int:
    match layer:
        case ConvLayer():
            return layer.in_channels
        case PoolLayer():
            return layer.channels
        case LinearLayer():
            return layer.in_features


def _channels_out(layer: Layer) -> int:
    match layer:
        case ConvLayer():
            return layer.out_channels
        case PoolLayer():
            return layer.channels
        case LinearLayer():
            return layer.out_features


def _resolution(layer: Layer) -> int:
    return 1 if isinstance(layer, LinearLayer) else layer.resolution
