import random
from collections.abc import Sequence

import pytest

from latency import count_uses, describe
from search_spaces import (
    Architecture,
    Classifier,
    Convolution,
    InputError,
    MBConv,
    Operation,
    Zero,
    load_space,
)

BLOCK = MBConv(16, 24, 3, 2, 6, 32, skip=False)
WIDE = MBConv(16, 24, 7, 2, 6, 32, skip=False)
RESIDUAL = MBConv(16, 16, 3, 1, 6, 32, skip=True)
PLAIN = MBConv(16, 16, 3, 1, 6, 32, skip=False)


def column(operations: Sequence[Operation], name: str) -> list[float]:
    described = describe(operations)
    found: list[float] = described.costs[:, described.names.index(name)].tolist()
    return found


def test_costs_of_a_block() -> None:
    names = ("macs", "depthwise_macs_3", "weights", "activations", "launches")
    assert describe([BLOCK]).names == names
    expand, depthwise, project = BLOCK.layers
    (costs,) = describe([BLOCK]).costs.tolist()
    assert costs == [
        16 * 96 * 32**2 + 96 * 24 * 16**2,
        96 * 9 * 16**2,
        BLOCK.parameters,
        96 * 32**2 + 96 * 16**2 + 24 * 16**2,
        8,
    ]
    assert expand.macs + depthwise.macs + project.macs == costs[0] + costs[1]


def test_every_kernel_size_has_its_column() -> None:
    assert column([BLOCK, WIDE], "depthwise_macs_3") == [96 * 9 * 16**2, 0]
    assert column([BLOCK, WIDE], "depthwise_macs_7") == [0, 96 * 49 * 16**2]
    assert column([BLOCK, WIDE], "macs")[0] == column([BLOCK, WIDE], "macs")[1]


def test_a_residual_is_one_more_launch() -> None:
    assert column([PLAIN, RESIDUAL], "launches") == [8, 9]


def test_the_ends_of_a_network() -> None:
    ends: list[Operation] = [Convolution(3, 32, 3, 2, 224), Classifier(1280, 1000, 7)]
    assert column(ends, "macs") == [operation.macs for operation in ends]
    assert column(ends, "launches") == [3, 2]
    assert column(ends, "activations") == [32 * 112**2, 1280 + 1000]


def test_nothing_costs_nothing() -> None:
    assert not describe([Zero(16, 32)]).costs.any()


def test_like_operations_lie_close_to_each_other() -> None:
    far = MBConv(96, 96, 3, 1, 6, 8, skip=True)
    place = describe([BLOCK, WIDE, far]).coordinates
    assert abs(place[0] - place[1]).sum() <= 1
    assert abs(place[0] - place[2]).max() > 2


def test_uses_of_a_spaces_networks() -> None:
    space = load_space("tiny")
    keys = [operation.key for operation in space.operations()]
    architecture = Architecture.random(space, random.Random(0))
    network = [operation.key for operation in architecture.operations if not operation.free]
    (uses,) = count_uses([network], keys)
    assert uses.sum() == len(network)
    assert uses.shape == (len(keys),)
    assert all(uses[keys.index(key)] == network.count(key) for key in network)


def test_an_unknown_operation() -> None:
    with pytest.raises(InputError, match="network 1 has c, which is not among the 2 operations"):
        count_uses(["ab", "abc"], "ab")
