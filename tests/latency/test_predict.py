import itertools
import shutil
import sqlite3
from pathlib import Path
from unittest import mock

import pytest
import torch
from hypothesis import given, strategies as st
from support import measurement, rename_device, write_table

from latency import (
    AdditiveCosts,
    Device,
    Host,
    Predictor,
    ProfileQuery,
    Settings,
    Table,
    load_predictor,
)
from latency.prediction.predictor import choose_profile_of_host
from search_spaces import Architecture, InputError, Space

Edit = tuple[str, list[object]]


@pytest.fixture
def table(tmp_path: Path, micro_table: Path) -> Path:
    """A copy of the measured table, to be spoilt."""
    return Path(shutil.copy(micro_table, tmp_path / "table.db"))


def edit(path: Path, statement: str, *values: object) -> None:
    connection = sqlite3.connect(path)
    assert connection.execute(statement, values).rowcount > 0
    connection.commit()
    connection.close()


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory, micro: Space) -> Predictor:
    """Operation number i takes i + 1 ms, of which the call itself takes half a millisecond."""
    path = tmp_path_factory.mktemp("table") / "table.db"
    with Table.open(path, create=True) as table:
        device = Device("Phone", 8, "arm64", "Android 14", 2**33)
        info = table.add_profile(device, "litert", "2", Settings(), {})
        table.add_program("overhead", "overhead", [])
        table.add_measurement(info.id, measurement("overhead", ms=0.5))
        for number, operation in enumerate(micro.operations()):
            table.add_program(operation.key, "operation", [operation])
            table.add_measurement(info.id, measurement(operation.key, ms=number + 1.0))
    return load_predictor(path, device="Phone")


def test_a_network_is_its_operations_and_one_call(made_up: Predictor, micro: Space) -> None:
    number = {operation.key: i + 1.0 for i, operation in enumerate(micro.operations())}
    zero = len(micro.blocks[1].candidates) - 1
    for choices in ([0, 0, 0, 0], [3, zero, 2, zero], [1, 2, 3, 1]):
        active = Architecture.choose(micro, choices).active
        expected = 0.5 + sum(number[operation.key] - 0.5 for operation in active)
        assert made_up.network(active) == pytest.approx(expected)


def test_prediction_is_additive(made_up: Predictor, micro: Space) -> None:
    operations = micro.operations()
    parts = [made_up.network(part) for part in (operations[:3], operations[3:])]
    assert made_up.network(operations) == pytest.approx(sum(parts) - made_up.overhead)
    assert made_up.network(()) == made_up.overhead == 0.5


def test_zero_takes_no_time(made_up: Predictor, micro: Space) -> None:
    assert made_up.milliseconds(micro.blocks[1].candidates[-1]) == 0


def test_costs_bounds_and_networks_agree(made_up: Predictor, micro: Space) -> None:
    costs = made_up.costs(micro)
    paths = list(itertools.product(*(range(len(block.candidates)) for block in micro.blocks)))
    every = [made_up.network(Architecture.choose(micro, path).operations) for path in paths]
    torch.testing.assert_close(
        costs.of(torch.tensor(paths)), torch.tensor(every, dtype=torch.float64)
    )
    widths = torch.tensor([len(block.candidates) for block in micro.blocks])
    mask = torch.arange(costs.choices.shape[1]) < widths[:, None]
    assert costs.bounds(mask) == pytest.approx((min(every), max(every)))
    assert made_up.bounds(micro) == pytest.approx((min(every), max(every)))


@given(st.integers(0, 2**31), st.integers(1, 5), st.integers(1, 5))
def test_costs_of_paths_of_any_shape(seed: int, blocks: int, candidates: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    choices = torch.rand(blocks, candidates, generator=generator, dtype=torch.float64)
    costs = AdditiveCosts(1.0, choices)
    paths = torch.randint(0, candidates, (2, 3, blocks), generator=generator)
    found = costs.of(paths)
    assert found.shape == (2, 3)
    for one, other in itertools.product(range(2), range(3)):
        path = paths[one, other].tolist()
        expected = 1.0 + sum(float(choices[block, choice]) for block, choice in enumerate(path))
        assert float(found[one, other]) == pytest.approx(expected)


def test_measured_table_predicts_every_network(micro_table: Path, micro: Space) -> None:
    predictor = load_predictor(micro_table)
    assert predictor.overhead > 0
    low, high = predictor.bounds(micro)
    assert predictor.overhead < low < high


def test_tiny_space_is_profiled_whole(tiny_table: Path) -> None:
    from search_spaces import load_space

    predictor = load_predictor(tiny_table)
    assert len(predictor.entries) == len(load_space("tiny").operations()) == 28
    assert {entry.processes for entry in predictor.entries.values()} == {1}


def test_missing_entry_names_the_operation_and_the_command(table: Path, micro: Space) -> None:
    lost = micro.operations()[4]
    edit(table, "DELETE FROM visits WHERE program = ?", lost.key)
    predictor = load_predictor(table)
    with pytest.raises(InputError, match="has no entry for") as caught:
        predictor.costs(micro)
    for word in (lost.key, str(table), "proxyless profile", "--runtime onnxruntime"):
        assert word in str(caught.value)
    with pytest.raises(InputError, match="has no entry for"):
        predictor.bounds(micro)


def test_unfinished_table_without_overhead_is_refused(table: Path) -> None:
    edit(table, "DELETE FROM visits WHERE program = 'overhead'")
    with pytest.raises(InputError, match=r"no measured call overhead.*proxyless profile"):
        load_predictor(table, raw=True)


def test_table_of_another_device_is_not_used_unasked(table: Path) -> None:
    rename_device(table, "Pixel 1")
    with pytest.raises(InputError, match=r"was measured on Pixel 1 .* not on this machine"):
        load_predictor(table)
    assert load_predictor(table, device="Pixel 1").info.device.name == "Pixel 1"


def test_another_device_is_addressed_by_its_fingerprint(made_up: Predictor) -> None:
    fingerprint = made_up.info.device.fingerprint
    assert load_predictor(made_up.path, device=fingerprint[:6]) == made_up
    with pytest.raises(InputError, match=f"pass `device` {fingerprint}"):
        load_predictor(made_up.path)
    with pytest.raises(InputError, match=r"has no device 'Tablet'; it holds: litert 2 on Phone"):
        load_predictor(made_up.path, device="Tablet")


@pytest.mark.parametrize(
    "wanted", [{"runtime": "litert"}, {"threads": 2}, {"batch": 8}, {"runtime": "nonsense"}]
)
def test_what_the_table_does_not_hold_is_refused(
    micro_table: Path, wanted: dict[str, object]
) -> None:
    ((name, value),) = wanted.items()
    with pytest.raises(InputError, match=f"has nothing for {name} {value}; it holds: onnxruntime"):
        load_predictor(micro_table, **wanted)  # type: ignore[arg-type]


def test_a_choice_among_several_profiles_is_asked_for(table: Path, micro: Space) -> None:
    with Table.open(table) as opened:
        (info,) = opened.profiles()
        other = opened.add_profile(info.device, "litert", "2", Settings(threads=2), {})
        opened.add_measurement(other.id, measurement("overhead", ms=7.0))
    with pytest.raises(InputError, match=r"several profiles that fit; choose with `runtime`"):
        load_predictor(table)
    assert load_predictor(table, runtime="litert").overhead == 7
    assert load_predictor(table, threads=1).info == info


def test_the_newest_version_of_a_runtime_counts(table: Path) -> None:
    with Table.open(table) as opened:
        (info,) = opened.profiles()
        newer = opened.add_profile(info.device, info.runtime, "999", info.settings, {})
        opened.add_measurement(newer.id, measurement("overhead", ms=7.0))
    assert load_predictor(table).info.version == "999"


def test_empty_table_names_the_command_that_fills_it(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    path.touch()
    with pytest.raises(InputError, match=r"is empty: fill it with `proxyless profile"):
        load_predictor(path)


def test_a_remote_host_is_asked_for_the_runtime_that_the_table_has(
    tmp_path: Path, micro: Space
) -> None:
    path = tmp_path / "table.db"
    info = write_table(path, micro.operations(), lambda _: 1.0)
    phone = mock.create_autospec(Host, instance=True)
    phone.device.return_value = info.device
    with Table.open(path) as table:
        assert choose_profile_of_host(table, phone, ProfileQuery()) == info
    phone.device.assert_called_once_with("litert")
    write_table(path, micro.operations(), lambda _: 1.0, runtime="onnxruntime")
    with (
        Table.open(path) as table,
        pytest.raises(InputError, match="profiles of litert and onnxruntime: choose with"),
    ):
        choose_profile_of_host(table, phone, ProfileQuery())
