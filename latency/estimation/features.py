"""Layereds and networks in numbers, as far as they are known before anything is measured.

What an operation has to do and what it is like follow from its layers; what a network is, from
how often it has each operation. Together they are the input of :func:`latency.fit_table`.
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
    """Anything made of layers: operations of ``search_spaces`` are."""

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The primitive layers, in order."""

    @property
    def residual(self) -> bool:
        """Whether the input is added to the output."""


@dataclass(frozen=True)
class Description:
    """Layereds in numbers.

    ``costs`` of shape (operations, costs) is what takes time, never negative: multiply-accumulates
    outside depthwise convolutions; those of depthwise convolutions, a column for each kernel size,
    because runtimes have a routine for each; weights read; activations written; and launches, the
    calls of a runtime that fuses nothing (convolution, normalisation, activation, addition, and
    one more for a grouped convolution). ``names`` names these columns.

    ``coordinates`` of shape (operations, 7) says which operations are alike. Where they stand:
    log2 of channels coming in and going out, and of the resolution before and after. What they
    are: a quarter of the largest kernel, log4 of the expansion, and log4 of the groups of
    convolutions that are not depthwise. A distance of 1 is a doubling of channels, or two kernel
    sizes: what is peculiar to a place mostly holds for all operations there.
    """

    names: tuple[str, ...]
    costs: NDArray[np.float64]
    coordinates: NDArray[np.float64]


def describe(operations: Sequence[Layered]) -> Description:
    """Return what is known of the operations, in their order.

    Raises:
        InputError: nothing is known of one, as it has only a PyTorch module.
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

    Layereds go by their keys in a table, or by anything else that is equal where they are.

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
