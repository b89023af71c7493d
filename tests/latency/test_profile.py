import itertools
import sqlite3
from pathlib import Path

import pytest
from nursery import Nursery
from support import measurement, run_cli, run_until

from latency import ProfileInfo, Protocol, Settings, Table, get_runtime, profile
from latency.profiling.programs import OVERHEAD, measure_programs, network_program, slow_processes
from search_spaces import Architecture, Space

Visits = set[tuple[str, int, int]]
NETWORKS = ("network-a", "network-b")


def visits_of(path: Path) -> Visits:
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT program, process, round FROM visits").fetchall()
    connection.close()
    return set(rows)


def count_visits(path: Path) -> int:
    """Count without disturbing whoever writes."""
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    except sqlite3.OperationalError:
        return 0
    try:
        (count,) = connection.execute("SELECT COUNT(*) FROM visits").fetchone()
        return int(count)
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()


def stamps_of(path: Path) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT * FROM visits ORDER BY program, process, round").fetchall()
    connection.close()
    return rows


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory, micro: Space) -> Path:
    """The micro space in two processes of two rounds; slow processes are not made up for."""
    path = tmp_path_factory.mktemp("profile") / "table.db"
    profile(micro, path, protocol=Protocol(processes=2, rounds=2, calibration_networks=1, extra=0))
    return path


def test_every_operation_is_visited_every_round_of_every_process(
    measured: Path, micro: Space
) -> None:
    visits = visits_of(measured)
    programs = {program for program, _, _ in visits}
    assert {operation.key for operation in micro.operations()} < programs
    assert len(programs) == len(micro.operations()) + 2
    assert visits == set(itertools.product(programs, range(2), range(2)))


def test_measuring_again_measures_nothing(measured: Path, micro: Space) -> None:
    before, told = stamps_of(measured), []
    protocol = Protocol(processes=2, rounds=2, calibration_networks=1, extra=0)
    profile(micro, measured, protocol=protocol, progress=lambda *done: told.append(done))
    assert stamps_of(measured) == before
    assert told == [(len(before), len(before))]


def test_a_partly_filled_table_continues(measured: Path, micro: Space) -> None:
    before = stamps_of(measured)
    lost = micro.operations()[3].key
    connection = sqlite3.connect(measured)
    connection.execute("DELETE FROM visits WHERE program = ? AND process = 1", [lost])
    connection.commit()
    connection.close()
    kept = set(stamps_of(measured))
    told: list[tuple[int, int]] = []
    protocol = Protocol(processes=2, rounds=2, calibration_networks=1, extra=0)
    profile(micro, measured, protocol=protocol, progress=lambda *done: told.append(done))
    assert kept < set(stamps_of(measured))
    assert len(stamps_of(measured)) == len(before)
    assert told[0] == (len(before) - 1, len(before))


def add(table: Table) -> ProfileInfo:
    engine = get_runtime("onnxruntime")
    return table.add_profile(engine.device, "onnxruntime", engine.version, Settings(), {})


@pytest.fixture
def by_hand(tmp_path: Path) -> Path:
    return tmp_path / "table.db"


def fill(table: Table, slowness: dict[int, float]) -> ProfileInfo:
    """Two networks, two rounds: a process each, so many times as slow as the best."""
    info = add(table)
    for network in NETWORKS:
        table.add_program(network, "network", [])
    for process, factor in slowness.items():
        for (number, network), ms in zip(
            itertools.product(range(2), NETWORKS), (3.0, 1.0, 2.0, 1.5), strict=True
        ):
            table.add_measurement(info.id, measurement(network, process, number, ms * factor))
    return info


def test_processes_slower_than_the_tolerance_are_found(by_hand: Path) -> None:
    with Table.open(by_hand, create=True) as table:
        info = fill(table, {0: 1.04, 1: 1.0, 2: 1.06})
        assert slow_processes(table.measurements(info.id), NETWORKS, 0.05) == [2]
        assert slow_processes(table.measurements(info.id), NETWORKS, 0.03) == [0, 2]
        assert slow_processes(table.measurements(info.id), NETWORKS, 0.1) == []
        assert slow_processes(table.measurements(info.id), (), 0.05) == []


def test_a_process_that_was_interrupted_makes_no_other_look_slow(by_hand: Path) -> None:
    with Table.open(by_hand, create=True) as table:
        info = fill(table, {0: 1.0, 1: 1.01})
        table.add_measurement(info.id, measurement(NETWORKS[0], 2, 0, 2.0))
        assert slow_processes(table.measurements(info.id), NETWORKS, 0.05) == []


def test_a_slow_process_is_measured_again(by_hand: Path, micro: Space) -> None:
    network = network_program(Architecture.choose(micro, [0, 0, 0, 0]).operations)
    programs = [OVERHEAD, network]
    with Table.open(by_hand, create=True) as table:
        info = add(table)
        for program in programs:
            table.add_program(program.key, "network", program.operations)
            for process, ms in enumerate((1e-9, 1.0)):
                table.add_measurement(info.id, measurement(program.key, process, 0, ms))
        measure_programs(table, info, programs, Protocol(processes=2, rounds=1, extra=1))
        rows = table.measurements(info.id)
    assert sorted(row.process for row in rows) == [0, 0, 1, 1, 2, 2]
    assert {row.program for row in rows if row.process == 2} == {p.key for p in programs}


def test_networks_are_named_by_what_runs(micro: Space) -> None:
    zero = len(micro.blocks[1].candidates) - 1
    one, other = (Architecture.choose(micro, [0, choice, 0, 0]) for choice in (zero, 1))
    assert network_program(one.operations) == network_program(one.active)
    assert network_program(one.operations).key != network_program(other.operations).key


@pytest.mark.slow
def test_a_killed_profile_continues_to_the_same_visits(
    tmp_path: Path, micro_file: Path, nursery: Nursery
) -> None:
    undisturbed, killed = tmp_path / "whole.db", tmp_path / "killed.db"
    arguments = ("profile", "--space", micro_file, "--processes", 1, "--rounds", 4, "--table")
    assert run_cli(*arguments, undisturbed).status == 0
    total = len(visits_of(undisturbed))
    run_until(nursery, lambda: count_visits(killed) >= total // 2, *arguments, killed)
    assert total // 2 <= count_visits(killed) < total
    assert run_cli(*arguments, killed).status == 0
    assert visits_of(killed) == visits_of(undisturbed)
