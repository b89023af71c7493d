"""What blocks cost relative to the smallest at the same position of a network."""

from dataclasses import dataclass

from search_spaces import Operation

from ..prediction.predictor import Predictor
from ..tables.table import Table


@dataclass(frozen=True)
class Position:
    """Where a block stands: everything about it but kernel and expansion.

    ``family`` is what the literature calls such blocks.
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
        """Sorts positions from a network's beginning to its end, as far as that shows."""
        return (-self.resolution, self.stride, self.in_channels, self.out_channels)


SIZES = {"expansion", "kernel"}
"""What blocks of a position differ in; operations without them are not compared."""
RelativeCosts = dict[Position, dict[tuple[int, int], float]]
"""By position, then by (expansion, kernel)."""


def relative_costs(predictor: Predictor) -> RelativeCosts:
    """Return what blocks add to a network, divided by the smallest one's at their position.

    The smallest has the least expansion and, of those, the least kernel (MB3_3x3 in ProxylessNAS's
    space). Positions with one candidate say nothing and are left out, as are those with a block
    whose time cannot be told from the call's own.
    """
    with Table.open(predictor.path) as table:
        programs = table.programs(predictor.info.id, "operation")
    found: RelativeCosts = {}
    for (operation,) in programs.values():
        sizes = operation.traits.sizes
        if sizes.keys() >= SIZES:
            position = found.setdefault(Position.of(operation), {})
            position[sizes["expansion"], sizes["kernel"]] = predictor.milliseconds(operation)
    return {
        position: {size: ms / costs[min(costs)] for size, ms in sorted(costs.items())}
        for position, costs in sorted(found.items(), key=lambda item: item[0].depth)
        if len(costs) > 1 and min(costs.values()) > 0
    }
