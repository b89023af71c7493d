from pathlib import Path

import pytest
from support import write_table

from latency import Position, load_predictor, relative_costs
from search_spaces import MBConv, Operation, Space, load_space


def test_costs_are_of_the_smallest_block_at_the_position(tmp_path: Path, micro: Space) -> None:
    def cost(operation: Operation) -> float:
        if isinstance(operation, MBConv):
            return operation.resolution * (operation.kernel + 10.0 * operation.expansion)
        return 1.0

    path = tmp_path / "table.db"
    write_table(path, micro.operations(), cost)
    found = relative_costs(load_predictor(path, device="Phone"))
    assert found == {
        position: {(e, k): pytest.approx((k + 10 * e) / 13) for e in (1, 2) for k in (3, 5)}
        for position in (Position.of(block.candidates[0]) for block in micro.blocks)
    }
    assert len(found) == 4


def test_positions_are_in_a_networks_order(tmp_path: Path) -> None:
    path = tmp_path / "table.db"
    space = load_space("imagenet")
    write_table(path, space.operations(), lambda operation: 1.0)
    found = list(relative_costs(load_predictor(path, device="Phone")))
    candidates = (block.candidates[0] for block in space.blocks)
    wanted = [Position.of(one) for one in candidates if isinstance(one, MBConv)]
    assert found == list(dict.fromkeys(wanted))
    assert len(found) == 11


@pytest.mark.parametrize("spoilt", [0, 1])
def test_positions_without_measurable_cost_are_left_out(
    tmp_path: Path, micro: Space, spoilt: int
) -> None:
    block = micro.blocks[0].candidates[spoilt]
    path = tmp_path / "table.db"
    write_table(path, micro.operations(), lambda one: -0.1 if one.key == block.key else 1.0)
    found = relative_costs(load_predictor(path, device="Phone"))
    assert isinstance(block, MBConv)
    assert Position.of(block) not in found
    assert found
