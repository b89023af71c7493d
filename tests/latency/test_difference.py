import math
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from support import write_table

from latency import Predictor, Table, compare, load_predictor
from search_spaces import InputError, MBConv, Operation, Space


def predictor(
    folder: Path, operations: tuple[Operation, ...], cost: Callable[[Operation], float], name: str
) -> Predictor:
    path = folder / f"{name}.db"
    write_table(path, operations, cost, device=name)
    return load_predictor(path, device=name)


def kernel_cost(operation: Operation) -> float:
    wide = isinstance(operation, MBConv) and operation.kernel == 5
    return 4.0 if wide else 1.0


def even_cost(operation: Operation) -> float:
    return 2.0


def test_what_is_dear_there_comes_last(tmp_path: Path, micro: Space) -> None:
    operations = micro.operations()
    here = predictor(tmp_path, operations, even_cost, "Here")
    there = predictor(tmp_path, operations, kernel_cost, "There")
    found = compare(here, there)
    wide = sum(isinstance(one, MBConv) and one.kernel == 5 for one in operations)
    mean = 4 ** (wide / len(operations))
    assert found.ratio == pytest.approx(mean / 2)
    ratios = [one.relative_ratio for one in found.operations]
    assert ratios == sorted(ratios)
    assert ratios[0] == pytest.approx(1 / mean)
    assert ratios[-1] == pytest.approx(4 / mean)
    assert {one.label for one in found.operations[-wide:]} == {"MB1_5x5", "MB2_5x5"}
    assert found.left_out == ()


def test_families_are_geometric_means(tmp_path: Path, micro: Space) -> None:
    operations = micro.operations()
    here = predictor(tmp_path, operations, even_cost, "Here")
    there = predictor(tmp_path, operations, kernel_cost, "There")
    found = compare(here, there)
    families = {one.family: one for one in found.families}
    ratio = families["kernel 5x5"].relative_ratio / families["kernel 3x3"].relative_ratio
    assert ratio == pytest.approx(4)
    assert families["kernel 5x5, expansion 2"].relative_ratio == pytest.approx(
        families["kernel 5x5"].relative_ratio
    )
    both = [families[f"expansion {number}"] for number in (1, 2)]
    blocks = [one for one in operations if isinstance(one, MBConv)]
    assert sum(one.operations for one in both) == len(blocks)
    assert {"input 8x8", "input 4x4"} <= families.keys()


@given(st.lists(st.floats(0.001, 100), min_size=2, max_size=9), st.floats(0.01, 100))
def test_a_device_that_is_faster_alike_differs_in_nothing(
    tmp_path_factory: pytest.TempPathFactory, costs: list[float], scale: float
) -> None:
    folder = tmp_path_factory.mktemp("tables")
    operations = tuple(MBConv(8, 8, 3, 1, 3, side, True) for side in range(8, 8 + len(costs)))
    by_key = {one.key: ms for one, ms in zip(operations, costs, strict=True)}
    here = predictor(folder, operations, lambda one: by_key[one.key], "Here")
    there = predictor(folder, operations, lambda one: scale * by_key[one.key], "There")
    found = compare(here, there)
    assert found.ratio == pytest.approx(scale, rel=1e-3)
    assert all(math.isclose(one.relative_ratio, 1, rel_tol=1e-2) for one in found.operations)


def test_what_one_side_lacks_is_named(tmp_path: Path, micro: Space) -> None:
    operations = micro.operations()
    here = predictor(tmp_path, operations[:-1], even_cost, "Here")
    there = predictor(
        tmp_path, operations[1:], lambda one: float(one.key != operations[2].key), "There"
    )
    found = compare(here, there)
    assert set(found.left_out) == {operations[index].key for index in (0, 2, -1)}
    assert len(found.operations) == len(operations) - 3


def test_foreign_programs_are_compared_under_their_keys(tmp_path: Path, micro: Space) -> None:
    sides = []
    for name, ms in (("Here", 1.0), ("There", 9.0)):
        side = predictor(tmp_path, micro.operations()[:1], even_cost, name)
        with Table.open(side.path) as table:
            table.add_program("AvgPool2D-input:7x7x8-output:1x1x8", "foreign", [])
            table.add_estimate(side.info.id, "AvgPool2D-input:7x7x8-output:1x1x8", ms, 0.0, 1)
        sides.append(side)
    last = compare(*sides).operations[-1]
    assert last.key == last.label == "AvgPool2D-input:7x7x8-output:1x1x8"
    assert (last.here_ms, last.there_ms) == (1, 9)
    assert last.relative_ratio == pytest.approx(3)


def test_profiles_that_cannot_be_compared(tmp_path: Path, micro: Space) -> None:
    operations = micro.operations()
    here = predictor(tmp_path, operations[:2], even_cost, "Here")
    there = predictor(tmp_path, operations[2:], even_cost, "There")
    with pytest.raises(InputError, match="have no operation in common: profile the same space"):
        compare(here, there)
    with pytest.raises(InputError, match=r"both sides are litert .*`other_device`"):
        compare(here, here)
