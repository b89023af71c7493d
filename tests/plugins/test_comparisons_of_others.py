"""Tables, calibration and pictures of tables ask operations for traits, whoever wrote them."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from offered import offered
from support import MICRO, run_cli, write_table

from latency import Table, compare, load_predictor, relative_costs
from latency.estimation.calibration import _Problem
from latency.estimation.features import describe
from proxyless.cli.operation_names import operation_names
from proxyless.reporting.comparison import _shape
from proxyless.reporting.relative_costs import draw_relative_costs
from search_spaces import Architecture, InputError, Operation, Space, load_space


@pytest.fixture(autouse=True)
def others() -> Iterator[None]:
    with offered("operations", "spaces"):
        yield


@pytest.fixture
def mixed(tmp_path: Path) -> Space:
    """MBConvs, fused MBConvs and ghosts at the same places."""
    path = tmp_path / "mixed.toml"
    kernels = 'kernels = [3, 5], operations = ["fused-mbconv", "ghost"]'
    path.write_text(MICRO.replace("kernels = [3, 5]", kernels))
    return load_space(path)


def milliseconds(operation: Operation) -> float:
    return 1.0 + operation.traits.sizes.get("expansion", 0) * (
        3 if operation.kind == "fused-mbconv" else 1
    )


def test_costs_are_relative_to_blocks_of_the_same_family(tmp_path: Path, mixed: Space) -> None:
    write_table(tmp_path / "table.db", mixed.operations(), milliseconds)
    predictor = load_predictor(tmp_path / "table.db", device="Phone")
    costs = relative_costs(predictor)
    fused = [sizes for place, sizes in costs.items() if place.family == "Fused-MBConv"]
    mobile = [sizes for place, sizes in costs.items() if place.family == "MBConv"]
    assert len(fused) == len(mobile) == 4
    assert all(sizes == {(1, 3): 1.0, (2, 3): pytest.approx(7 / 4)} for sizes in fused)
    assert all(sizes[2, 5] == pytest.approx(3 / 2) for sizes in mobile)
    said = draw_relative_costs([predictor], tmp_path / "costs.svg")
    assert "Fused-MB2 3\N{MULTIPLICATION SIGN}3 1.75" in said
    assert ", MB2 3\N{MULTIPLICATION SIGN}3 1.5" in said


def test_what_shares_a_number_is_mispredicted_alike(mixed: Space) -> None:
    operations = {operation.key: operation for operation in mixed.operations()}
    networks = [Architecture.random(mixed, random.Random(seed)).active for seed in range(4)]
    raw = dict.fromkeys(operations, 1.0)
    problem = _Problem.of(0.1, raw, operations, networks, [float(len(some)) for some in networks])
    kernel, expansion, resolution, own = problem.family_covariances
    column = {key: number for number, key in enumerate(raw, 1)}
    first = {one.label: column[one.key] for one in mixed.blocks[0].candidates}
    assert kernel[first["FMB2_3x3"], first["MB1_3x3"]] == 1
    assert kernel[first["FMB2_3x3"], first["MB1_5x5"]] == 0
    assert expansion[first["FMB2_3x3"], first["MB2_5x5"]] == 1
    assert resolution[first["FMB2_3x3"], first["MB2_5x5"]] == 1
    assert not any(part[first["Ghost"]].any() for part in (kernel, expansion, resolution))
    assert own[first["Ghost"], first["Ghost"]] == 1


def test_families_of_two_devices_are_of_all_blocks(tmp_path: Path, mixed: Space) -> None:
    path = tmp_path / "table.db"
    write_table(path, mixed.operations(), lambda one: 1.0)
    write_table(path, mixed.operations(), milliseconds, device="Board")
    found = compare(load_predictor(path, device="Phone"), load_predictor(path, device="Board"))
    operations = [one for one in mixed.operations() if one.traits.sizes]
    families = {family.family: family.operations for family in found.families}
    assert families["kernel 3x3"] == sum(one.traits.sizes["kernel"] == 3 for one in operations)
    assert sum(one.kind == "fused-mbconv" for one in operations) > 0


def test_what_only_has_a_module_cannot_be_described(mixed: Space) -> None:
    ghost = next(one for one in mixed.operations() if one.kind == "ghost")
    with pytest.raises(
        InputError, match=r"operation Ghost \(ghost\) has no layers, so nothing says"
    ):
        describe([ghost])


def test_names_say_what_the_operation_does(tmp_path: Path, mixed: Space) -> None:
    info = write_table(tmp_path / "table.db", mixed.operations(), milliseconds)
    with Table.open(tmp_path / "table.db") as table:
        operations = table.programs(info.id, "operation")
    names = {
        " ".join(name.split()) for name in operation_names(list(operations), operations).values()
    }
    assert {"Ghost skip 8x8x8 -> 8x8x8", "Ghost 8x8x8 -> 16x4x4"} <= names
    assert "FMB2_3x3 8x8x8 -> 16x4x4" in names
    shown = run_cli("tables", "show", tmp_path / "table.db", "--device", "Phone")
    assert "Ghost skip" in shown.stdout


def test_networks_are_told_apart_by_family(mixed: Space) -> None:
    labels = [one.label for one in mixed.blocks[0].candidates]
    choices = [labels.index(label) for label in ("MB1_5x5", "FMB2_3x3", "Ghost", "FMB1_3x3")]
    words = _shape(Architecture.choose(mixed, choices))
    assert words == ("2 MBConv, 2 Fused-MBConv, 0 left out, mean kernel 3.5, mean expansion 1.2")
