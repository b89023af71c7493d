import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from support import measurement, write_table

from latency import Calibration, Merged, Settings, Table, calibrate, load_predictor, merge_tables
from latency.profiling.network_sampling import calibration_networks
from latency.profiling.programs import network_program
from latency.statistics.prediction_errors import ErrorStatistics
from latency.statistics.variance import VarianceEstimate
from search_spaces import InputError, Operation, Space, load_space

TABLES = ("devices", "profiles", "programs", "visits", "estimates", "calibrations", "corrections")
STATISTICS = ErrorStatistics.of([1.0, 2.0, 3.0], [1.1, 2.1, 3.1])


def cost(operation: Operation) -> float:
    return operation.macs / 1e4 + 0.1


def contents(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    connection = sqlite3.connect(path)
    found = {name: sorted(connection.execute(f"SELECT * FROM {name}")) for name in TABLES}
    connection.close()
    return found


def edit(path: Path, statement: str, *values: object) -> None:
    connection = sqlite3.connect(path)
    assert connection.execute(statement, values).rowcount > 0
    connection.commit()
    connection.close()


def calibrated(path: Path, overhead: float, made_at: str) -> None:
    with Table.open(path) as table:
        (info,) = table.profiles()
        corrections = {key: (entry.milliseconds, 0.1) for key, entry in table.entries(1).items()}
        error = VarianceEstimate(1e-4, 2)
        statistics = STATISTICS, STATISTICS
        calibration = Calibration(3, overhead, error, error, *statistics, None, corrections)
        table.set_calibration(info.id, calibration)
    edit(path, "UPDATE calibrations SET made_at = ?", made_at)


@pytest.fixture
def full(tmp_path: Path, micro: Space) -> Path:
    """A table with something in every table of the schema."""
    path = tmp_path / "full.db"
    info = write_table(path, micro.operations(), cost)
    with Table.open(path) as table:
        pool = "AvgPool2D-input:7x7x8-output:1x1x8"
        table.add_program(pool, "foreign", [])
        table.add_estimate(info.id, pool, 1.0, 0.5, 3)
    calibrated(path, 0.25, "2024-01-01T00:00:00+00:00")
    return path


def test_a_new_table_holds_the_same(tmp_path: Path, full: Path, micro: Space) -> None:
    into = tmp_path / "into.db"
    assert merge_tables(into, [full]) == Merged(
        devices=1, profiles=1, programs=len(micro.operations()) + 2,
        visits=len(micro.operations()) + 1, estimates=1, calibrations=1,
    )  # fmt: skip
    assert contents(into) == contents(full)
    assert all(contents(into).values())
    one, other = (load_predictor(path, device="Phone") for path in (into, full))
    assert one.bounds(micro) == other.bounds(micro)
    assert (one.entries, one.calibration, one.overhead) == (
        other.entries,
        other.calibration,
        other.overhead,
    )


def test_merging_again_changes_nothing(tmp_path: Path, full: Path) -> None:
    into = tmp_path / "into.db"
    merge_tables(into, [full, full])
    before = contents(into)
    assert merge_tables(into, [full]) == Merged()
    assert contents(into) == before


def test_another_device_gets_a_profile_of_its_own(tmp_path: Path, full: Path, micro: Space) -> None:
    other = tmp_path / "other.db"
    write_table(other, micro.operations()[:1], lambda one: 7.0, device="Tablet")
    merged = merge_tables(full, [other])
    assert (merged.devices, merged.profiles, merged.programs, merged.visits) == (1, 1, 0, 2)
    tablet = load_predictor(full, device="Tablet")
    assert tablet.milliseconds(micro.operations()[0]) == pytest.approx(7)
    assert len(load_predictor(full, device="Phone", raw=True).entries) == len(micro.operations())


@pytest.mark.parametrize("address", [{"runtime": "onnxruntime"}, {"settings": Settings(threads=2)}])
def test_another_address_is_another_profile(
    tmp_path: Path, full: Path, micro: Space, address: dict[str, Any]
) -> None:
    other = tmp_path / "other.db"
    write_table(other, micro.operations(), cost, **address)
    assert merge_tables(full, [other]).profiles == 1
    with Table.open(full) as table:
        assert [len(table.entries(info.id)) for info in table.profiles()] == [
            len(micro.operations())
        ] * 2


def test_processes_of_one_profile_are_gathered(tmp_path: Path, full: Path, micro: Space) -> None:
    key = micro.operations()[0].key
    other = Path(shutil.copy(full, tmp_path / "other.db"))
    with Table.open(other) as table:
        table.add_measurement(1, measurement(key, process=0, number=1, ms=0.2))
        table.add_measurement(1, measurement(key, process=1, ms=0.3))
    with Table.open(full) as table:
        table.add_measurement(1, measurement(key, process=1, ms=0.4))
    assert merge_tables(full, [other]).visits == 2
    with Table.open(full) as table:
        found = {
            (one.process, one.round): one.minimum_ms
            for one in table.measurements(1)
            if one.program == key
        }
        assert found.pop((0, 0)) == pytest.approx(0.5 + cost(micro.operations()[0]))
        assert found == {(0, 1): 0.2, (1, 0): 0.4, (2, 0): 0.3}
        assert table.entries(1)[key].processes == 3
    assert merge_tables(full, [other]) == Merged()


def test_of_two_calibrations_the_newer_stays(tmp_path: Path, full: Path) -> None:
    older, newer = (Path(shutil.copy(full, tmp_path / f"{name}.db")) for name in ("old", "new"))
    calibrated(older, 0.1, "2023-01-01T00:00:00+00:00")
    calibrated(newer, 0.4, "2025-01-01T00:00:00+00:00")
    assert merge_tables(full, [older]).calibrations == 0
    assert load_predictor(full, device="Phone").overhead == 0.25
    assert merge_tables(full, [newer]).calibrations == 1
    assert load_predictor(full, device="Phone").overhead == 0.4


def test_of_two_fits_the_newer_stays(tmp_path: Path, micro: Space) -> None:
    key = micro.operations()[0].key
    paths = [tmp_path / f"{year}.db" for year in (2023, 2024, 2025)]
    for path, ms in zip(paths, (3.0, 4.0, 5.0), strict=True):
        info = write_table(path, micro.operations(), cost, method="fitted")
        with Table.open(path) as table:
            table.add_estimate(info.id, key, ms, 0.1, 1)
        edit(path, "UPDATE estimates SET made_at = ?", f"{path.stem}-01-01T00:00:00+00:00")
    into = paths[1]
    assert merge_tables(into, [paths[0]]) == Merged()
    assert merge_tables(into, [paths[2]]) == Merged(estimates=1)
    assert merge_tables(into, [paths[2]]) == Merged()
    assert [row[2] for row in contents(into)["estimates"]] == [5.0]


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE estimates SET milliseconds = 2", "estimates of AvgPool2D.*milliseconds is 1.0"),
        ("UPDATE programs SET operations = '[ ]' WHERE kind = 'overhead'", "operations is"),
        (
            "UPDATE visits SET calls = 9 WHERE program != 'overhead'",
            "measurements of .*: calls is 8",
        ),
    ],
)
def test_contradictions_change_nothing(
    tmp_path: Path, full: Path, micro: Space, statement: str, words: str
) -> None:
    good, bad = tmp_path / "good.db", Path(shutil.copy(full, tmp_path / "bad.db"))
    write_table(good, micro.operations(), cost, device="Tablet")
    edit(bad, statement)
    before = contents(full)
    with pytest.raises(InputError, match=words) as caught:
        merge_tables(full, [good, bad])
    assert str(full) in str(caught.value)
    assert str(bad) in str(caught.value)
    assert contents(full) == before
    assert merge_tables(full, [good]).profiles == 1


def test_tables_that_cannot_be_merged(tmp_path: Path, full: Path) -> None:
    with pytest.raises(InputError, match="cannot be merged into itself"):
        merge_tables(full, [full])
    with pytest.raises(InputError, match=r"nowhere.db does not exist"):
        merge_tables(tmp_path / "new.db", [full, tmp_path / "nowhere.db"])
    assert not (tmp_path / "new.db").exists()


def test_measured_tables_merge(tmp_path: Path, micro_table: Path) -> None:
    into = tmp_path / "into.db"
    merge_tables(into, [micro_table])
    assert contents(into) == contents(micro_table)
    assert load_predictor(into).entries == load_predictor(micro_table).entries


def test_two_spaces_of_one_device_stay_usable(tmp_path: Path, micro: Space) -> None:
    spaces = {"micro": micro, "tiny": load_space("tiny")}
    paths = []
    for name, space in spaces.items():
        path = tmp_path / f"{name}.db"
        info = write_table(path, space.operations(), cost)
        with Table.open(path) as table:
            for network in calibration_networks(space, 5):
                program = network_program(network.operations)
                table.add_program(program.key, "network", program.operations)
                ms = 0.5 + sum(map(cost, network.active))
                table.add_measurement(info.id, measurement(program.key, ms=ms))
            calibrate(table, info)
        paths.append(path)
    merge_tables(tmp_path / "both.db", paths)
    predictor = load_predictor(tmp_path / "both.db", device="Phone")
    assert predictor.calibration is not None
    assert predictor.calibration.networks == 10
    for space in spaces.values():
        network = calibration_networks(space, 6)[5]
        expected = 0.5 + sum(map(cost, network.active))
        assert predictor.network(network.operations) == pytest.approx(expected, rel=0.02)
    assert merge_tables(tmp_path / "both.db", paths) == Merged()


def test_the_newest_version_is_the_one_profiled_last(tmp_path: Path, micro: Space) -> None:
    for version, created in (("1.31", "2026-01-01"), ("1.20", "2025-01-01")):
        write_table(tmp_path / f"{version}.db", micro.operations(), cost, version=version)
        edit(tmp_path / f"{version}.db", "UPDATE profiles SET created_at = ?", created)
    merge_tables(tmp_path / "1.31.db", [tmp_path / "1.20.db"])
    assert load_predictor(tmp_path / "1.31.db", device="Phone").info.version == "1.31"
