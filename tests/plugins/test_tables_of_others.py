"""Tables with operations of a package, where that package is not installed, or spoilt."""

import logging
import random
import sqlite3
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from offered import offered
from support import MICRO, measurement, run_cli, write_table

from latency import ProfileInfo, Table, calibrate, compare, load_predictor, relative_costs
from latency.published import export_table
from search_spaces import Architecture, InputError, MBConv, load_space
from search_spaces.operations.registry import OPERATIONS


@dataclass(frozen=True)
class Mixed:
    """A table of operations of ours and ghosts; its networks are half and half."""

    path: Path
    info: ProfileInfo
    ours: dict[str, MBConv]
    ghosts: frozenset[str]


def cost(operation: object) -> float:
    return 1.0 + len(str(operation)) % 7


@pytest.fixture
def mixed(tmp_path: Path) -> Mixed:
    path, generator = tmp_path / "table.db", random.Random(0)
    with offered("operations", "spaces"):
        file = tmp_path / "mixed.toml"
        file.write_text(MICRO.replace("[3, 5]", '[3, 5], operations = ["ghost"]'))
        space = load_space(file)
        operations = space.operations()
        for device in ("Phone", "Board"):
            info = write_table(path, operations, cost, device)
        only_ours = space.keeping(lambda one: one.kind != "ghost")
        with Table.open(path) as table:
            for number, kind in enumerate([space, only_ours] * 4):
                network = Architecture.random(kind, generator).active
                key = f"network-{number}"
                table.add_program(key, "network", network)
                table.add_measurement(info.id, measurement(key, ms=0.5 + sum(map(cost, network))))
        return Mixed(
            path,
            info,
            {one.key: one for one in operations if one.kind != "ghost"},  # type: ignore[misc]
            frozenset(one.key for one in operations if one.kind == "ghost"),
        )


def test_operations_of_ours_are_read(mixed: Mixed) -> None:
    assert mixed.ghosts
    with Table.open(mixed.path) as table:
        found = table.programs(mixed.info.id, "operation")
        networks = table.programs(mixed.info.id, "network")
    assert found == {key: (operation,) for key, operation in mixed.ours.items()}
    assert {"network-1", "network-3", "network-5", "network-7"} <= networks.keys()
    predictor = load_predictor(mixed.path, device="Board")
    assert {predictor.milliseconds(one) > 0 for one in mixed.ours.values()} == {True}


@pytest.mark.parametrize(
    ("verb", "options"),
    [
        ("show", ("--device", "Board", "--json")),
        ("show", ("--device", "Board", "--wide")),
        ("diff", ("--device", "Board", "--other-device", "Phone", "--json")),
        ("diff", ("--device", "Board", "--other-device", "Phone", "--wide")),
    ],
)
def test_the_others_are_shown_by_their_keys(
    mixed: Mixed, verb: str, options: tuple[str, ...]
) -> None:
    shown = run_cli("tables", verb, mixed.path, *options)
    assert shown.status == 0, shown.stderr
    assert all(key in shown.stdout for key in mixed.ghosts | mixed.ours.keys())


def test_every_entry_is_exported(mixed: Mixed, tmp_path: Path) -> None:
    predictor = load_predictor(mixed.path, device="Board")
    rows = export_table(predictor, tmp_path / "table.csv").path.read_text().splitlines()
    keys = {line.split(",")[0] for line in rows[1:]}
    assert keys == {"overhead"} | mixed.ghosts | mixed.ours.keys()
    published = export_table(predictor, tmp_path / "table.yaml", "proxylessnas")
    assert mixed.ghosts <= set(published.left_out)


def test_devices_are_compared_in_every_entry(mixed: Mixed) -> None:
    sides = [load_predictor(mixed.path, device=device) for device in ("Board", "Phone")]
    with offered("operations"):
        known = compare(*sides)
    unknown = compare(*sides)
    assert {one.key: one.relative_ratio for one in unknown.operations} == {
        one.key: one.relative_ratio for one in known.operations
    }
    assert relative_costs(sides[0])


def test_a_calibration_has_every_entry_and_says_what_it_could_not_use(
    mixed: Mixed, caplog: pytest.LogCaptureFixture
) -> None:
    with Table.open(mixed.path) as table:
        readable = table.programs(mixed.info.id, "network")
        with caplog.at_level(logging.WARNING, "latency"):
            calibration = calibrate(table, mixed.info)
    assert calibration is not None
    assert calibration.networks == len(readable) < 8
    assert calibration.corrections.keys() == mixed.ghosts | mixed.ours.keys()
    (warning,) = [record.getMessage() for record in caplog.records]
    assert warning.startswith(f"{8 - len(readable)} networks of table {mixed.path} hold operations")


def test_a_package_that_cannot_be_imported_is_as_one_that_is_not_there(
    mixed: Mixed, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoilt = {"ghost": [EntryPoint("ghost", "no_such_package:Ghost", OPERATIONS.group)]}
    monkeypatch.setitem(vars(OPERATIONS), "_offered", spoilt)
    with Table.open(mixed.path) as table:
        assert table.programs(mixed.info.id, "operation").keys() == mixed.ours.keys()


def test_an_operation_of_ours_that_is_damaged_is_refused(mixed: Mixed) -> None:
    with sqlite3.connect(mixed.path) as connection:
        connection.execute("UPDATE programs SET operations = replace(operations, 'kernel', 'x')")
    connection.close()
    with (
        Table.open(mixed.path) as table,
        pytest.raises(InputError, match="field 'kernel' is missing"),
    ):
        table.programs(mixed.info.id, "operation")
