"""Costs of blocks relative to the smallest block at the same position of a network."""

from dataclasses import dataclass

from search_spaces import Operation

from ..prediction.predictor import Predictor
from ..tables.table import Table


@dataclass(frozen=True)
class Position:
    """The position of a block: all its parameters except kernel and expansion.

    ``family`` is the name of such blocks in the literature.
    """

    in_channels: int
    out_channels: int
    stride: int
    resolution: int
    residual: bool
    activation: str
    family: str

    @classmethod
    def of(cls, block: Operation) -> "Position":
        """Return the position of a block."""
        channels, resolution, _ = block.input_shape
        return cls(
            channels,
            block.output_shape[0],
            block.traits.stride or 1,
            resolution,
            block.residual,
            block.traits.activation,
            block.style.family,
        )

    @property
    def depth(self) -> tuple[int, ...]:
        """Sort key of positions, approximately from the beginning of a network to its end."""
        return (-self.resolution, self.stride, self.in_channels, self.out_channels)


SIZES = {"expansion", "kernel"}
"""The sizes by which blocks at a position differ; operations without them are not compared."""
RelativeCosts = dict[Position, dict[tuple[int, int], float]]
"""Relative costs by position, then by (expansion, kernel)."""


def relative_costs(predictor: Predictor) -> RelativeCosts:
    """Return what blocks add to a network, divided by the value of the smallest at their position.

    The smallest has the least expansion and, of those, the least kernel (MB3_3x3 in ProxylessNAS's
    space). Positions with a single candidate are left out, as are those with a block whose latency
    does not exceed the call overhead.
    """
    with Table.read(predictor.path) as table:
        programs = table.programs(predictor.info.id, "operation")
    milliseconds: RelativeCosts = {}
    for (operation,) in programs.values():
        sizes = operation.traits.sizes
        if sizes.keys() >= SIZES:
            position = milliseconds.setdefault(Position.of(operation), {})
            position[sizes["expansion"], sizes["kernel"]] = predictor.milliseconds(operation)
    return {
        position: {size: ms / costs[min(costs)] for size, ms in sorted(costs.items())}
        for position, costs in sorted(milliseconds.items(), key=lambda item: item[0].depth)
        if len(costs) > 1 and min(costs.values()) > 0
    }
