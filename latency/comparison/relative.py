"""What blocks cost relative to the smallest at the same position of a network."""

from collections.abc import Iterable
from dataclasses import dataclass

from search_spaces import MBConv

from ..prediction.predictor import Predictor
from ..tables.table import Table


@dataclass(frozen=True)
class Position:
    """Where a block stands: everything about it but kernel and expansion."""

    in_channels: int
    out_channels: int
    stride: int
    resolution: int
    residual: bool
    activation: str

    @classmethod
    def of(cls, block: MBConv) -> "Position":
        """Return the position of a block."""
        return cls(
            block.in_channels,
            block.out_channels,
            block.stride,
            block.resolution,
            block.skip,
            block.activation,
        )

    @property
    def depth(self) -> tuple[int, ...]:
        """Sorts positions from a network's beginning to its end, as far as that shows."""
        return (-self.resolution, self.stride, self.in_channels, self.out_channels)


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
    for block in _blocks(one for (one,) in programs.values()):
        position = found.setdefault(Position.of(block), {})
        position[block.expansion, block.kernel] = predictor.milliseconds(block)
    return {
        position: {size: ms / costs[min(costs)] for size, ms in sorted(costs.items())}
        for position, costs in sorted(found.items(), key=lambda item: item[0].depth)
        if len(costs) > 1 and min(costs.values()) > 0
    }


def _blocks(operations: Iterable[object]) -> Iterable[MBConv]:
    return (one for one in operations if isinstance(one, MBConv))
