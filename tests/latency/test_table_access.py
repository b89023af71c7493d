"""Tables that may only be read, that others hold, and on disks that are full."""

import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from support import measurement, run_cli, write_table

from latency import (
    Device,
    Host,
    ProfileQuery,
    Protocol,
    Settings,
    Table,
    find_predictor,
    load_predictor,
    merge_tables,
    profile,
    remove_profile,
    repair_table,
)
from latency.hosts import LocalHost
from latency.runtimes import Program
from latency.tables import file as table_file
from latency.timing.measurement import Measurement, MeasurementPlan
from search_spaces import InputError, Space


@pytest.fixture
def path(tmp_path: Path, micro: Space) -> Path:
    path = tmp_path / "folder" / "t.db"
    write_table(path, micro.operations(), lambda one: one.macs / 1e4 + 0.1)
    return path


@pytest.fixture
def read_only(path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The table in a folder that may only be read, also where the tests are run by root."""
    monkeypatch.setattr(table_file, "_writable", lambda path: path.parent.name != "folder")
    return path


def states(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {file.name: (file.stat().st_mtime_ns, file.read_bytes()) for file in folder.iterdir()}


def test_readers_need_no_write_access(read_only: Path, tmp_path: Path) -> None:
    before = states(read_only.parent)
    assert load_predictor(read_only, device="Phone").overhead == 0.5
    verbs: tuple[tuple[object, ...], ...] = (
        ("list", read_only),
        ("show", read_only),
        ("export", read_only, tmp_path / "out.csv"),
        ("merge", tmp_path / "merged.db", read_only),
        ("diff", read_only, tmp_path / "merged.db"),
        ("plot", read_only, "--out", tmp_path / "out.svg"),
    )
    for verb in verbs:
        outcome = run_cli("tables", *verb)
        assert outcome.status == 0, outcome.stderr
    assert states(read_only.parent) == before


@pytest.mark.parametrize("verb", ["remove", "repair", "merge"])
def test_what_writes_says_that_it_may_not(read_only: Path, tmp_path: Path, verb: str) -> None:
    other = shutil.copy(read_only, tmp_path / "other.db")
    given: dict[str, list[object]] = {
        "remove": ["--device", "Phone"],
        "repair": [],
        "merge": [other],
    }
    arguments = given[verb]
    outcome = run_cli("tables", verb, read_only, *arguments)
    assert outcome.status == 2
    assert "may" in outcome.stderr


def test_readers_change_nothing_of_what_they_could_write(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    before = states(path.parent)
    load_predictor(path, device="Phone")
    assert run_cli("tables", "list", path).status == 0
    assert states(path.parent) == before


def test_measurements_in_a_log_that_cannot_be_read_are_said(read_only: Path) -> None:
    log = read_only.with_name("t.db-wal")
    log.write_bytes(b"something")
    with pytest.raises(
        InputError, match=r"t.db-wal that cannot be read without writing: copy both"
    ):
        Table.read(read_only)
    assert log.read_bytes() == b"something"


@pytest.mark.parametrize("kind", ["pipe", "huge", "null"])
def test_what_is_no_file_of_a_table_is_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "t.db"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "huge":
        with path.open("wb") as file:
            file.truncate(table_file.LARGEST_FILE + 1)
    else:
        path = tmp_path / "a\0b"
    with pytest.raises(InputError, match=r"no regular file|is larger than|cannot be opened"):
        Table.read(path)


def fill(path: Path, threads: int, visits: int) -> None:
    with Table.open(path) as table, table.transaction():
        info = table.profiles()[0]
        settings = replace(info.settings, threads=threads)
        more = table.add_profile(info.device, info.runtime, info.version, settings, {}).id
        for number in range(visits):
            table.add_measurement(more, measurement("overhead", number=number))


def test_no_table_grows_larger_than_can_be_opened(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, new = path.with_name("other.db"), path.with_name("new.db")
    shutil.copy(path, other)
    fill(path, threads=11, visits=1000)
    fill(other, threads=12, visits=1000)
    before = states(path.parent)
    monkeypatch.setattr(table_file, "LARGEST_FILE", path.stat().st_size)
    words = "would be larger than the 0 MiB that are read: use several tables"
    for attempt in (
        lambda: merge_tables(new, [path, other]),
        lambda: merge_tables(path, [other]),
        lambda: fill(path, threads=13, visits=1000),
    ):
        with pytest.raises(InputError, match=words):
            attempt()
        assert {name: content for name, (_, content) in states(path.parent).items()} == {
            name: content for name, (_, content) in before.items()
        }
    with Table.open(path) as table, pytest.raises(InputError, match=words):
        _measure_without_end(table)
    Table.open(path).close()


def _measure_without_end(table: Table) -> None:
    for number in range(10_000):
        table.add_measurement(1, measurement("overhead", number=number))


def test_a_table_that_is_too_large_is_made_smaller(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = path.stat().st_size
    fill(path, threads=11, visits=2000)
    assert path.stat().st_size > 2 * small
    monkeypatch.setattr(table_file, "LARGEST_FILE", small + 4096)
    with pytest.raises(InputError, match=r"is larger than .* take profiles out of it with"):
        Table.open(path)
    assert not repair_table(path).rebuilt
    remove_profile(path, ProfileQuery(threads=11))
    assert path.stat().st_size <= small + 4096
    Table.open(path).close()


def test_a_table_that_another_holds_is_said(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_file, "PATIENCE_SECONDS", 0.05)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        with (
            pytest.raises(InputError, match="another program holds it"),
            Table.open(path) as table,
        ):
            table.add_measurement(1, measurement("overhead", number=7))
        assert load_predictor(path, device="Phone").overhead == 0.5
    finally:
        holder.execute("ROLLBACK")
        holder.close()


def test_a_disk_that_is_full_costs_nothing_that_was_there(path: Path) -> None:
    with Table.open(path) as table:
        before = len(table.measurements(1))
        (pages,) = table.connection.execute("PRAGMA page_count").fetchone()

    def fill() -> None:
        with Table.open(path) as table:
            table.connection.execute(f"PRAGMA max_page_count = {pages}")
            for number in range(1, 10_000):
                table.add_measurement(1, measurement("overhead", number=number))

    with pytest.raises(InputError, match=r"cannot be written .*full.*make room"):
        fill()
    with Table.read(path) as table:
        assert len(table.measurements(1)) > before


def test_a_refused_merge_leaves_no_byte_changed(path: Path, tmp_path: Path) -> None:
    evil = Path(shutil.copy(path, tmp_path / "evil.db"))
    with sqlite3.connect(evil) as connection:
        connection.execute("UPDATE visits SET process = process + 10, minimum_ms = -1")
    connection.close()
    before = states(path.parent)
    with pytest.raises(InputError, match=r"evil.db holds an implausible row"):
        merge_tables(path, [evil])
    with pytest.raises(InputError, match=r"evil.db holds an implausible row"):
        merge_tables(tmp_path / "new.db", [path, evil])
    assert states(path.parent) == before
    assert not (tmp_path / "new.db").exists()


def test_a_merge_that_contradicts_leaves_no_new_file(path: Path, tmp_path: Path) -> None:
    other = Path(shutil.copy(path, tmp_path / "other.db"))
    with sqlite3.connect(other) as connection:
        connection.execute("UPDATE visits SET calls = 9 WHERE program != 'overhead'")
    connection.close()
    with pytest.raises(InputError, match="calls is 8"):
        merge_tables(tmp_path / "new.db", [path, other])
    assert {file.name for file in tmp_path.iterdir()} == {"folder", "other.db"}


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_a_table_is_not_merged_into_itself_by_a_link(path: Path, tmp_path: Path, link) -> None:  # type: ignore[no-untyped-def]
    link(path, tmp_path / "link.db")
    with pytest.raises(InputError, match="cannot be merged into itself"):
        merge_tables(path, [tmp_path / "link.db"])


class BreakingHost(LocalHost):
    """This machine, whose runtime makes so many measurements and fails then."""

    def __init__(self, measurements: int) -> None:
        self.left = measurements

    def measure(
        self, runtime: str, programs: Sequence[Program], settings: Settings, plan: MeasurementPlan
    ) -> Iterator[Measurement]:
        for number, key in plan.order():
            if self.left == 0:
                raise InputError("runtime failed while measuring")
            self.left -= 1
            yield measurement(key, plan.process, number, ms=0.5)


def broken_off(space: Space, path: Path, host: Host) -> None:
    with pytest.raises(InputError, match="failed while measuring"):
        profile(space, path, protocol=Protocol(processes=1, rounds=2), host=host)


def test_a_profile_that_measured_nothing_leaves_nothing(micro: Space, tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    broken_off(micro, path, BreakingHost(0))
    with Table.read(path) as table:
        for name in ("devices", "profiles", "programs", "unfinished"):
            assert table.rows(f"SELECT * FROM {name}") == []


def test_an_unfinished_profile_fits_nothing_and_continues(micro: Space, tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    broken_off(micro, path, BreakingHost(40))
    listed = run_cli("tables", "list", path)
    assert "unfinished" in listed.stdout
    with pytest.raises(InputError, match=r"unfinished profiles only: .*tables remove"):
        find_predictor(path, ProfileQuery())
    merge_tables(tmp_path / "merged.db", [path])
    with pytest.raises(InputError, match="unfinished profiles only"):
        find_predictor(tmp_path / "merged.db", ProfileQuery())
    write_table(path, micro.operations(), lambda one: 1.0)
    assert load_predictor(path, device="Phone").overhead == 0.5
    profile(micro, path, protocol=Protocol(processes=1, rounds=2), host=BreakingHost(-1))
    assert load_predictor(path).overhead > 0
    assert merge_tables(tmp_path / "merged.db", [path]).visits > 0
    assert load_predictor(tmp_path / "merged.db").overhead > 0


def test_an_unfinished_profile_is_removed_and_nothing_else(micro: Space, tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    write_table(path, micro.operations(), lambda one: 1.0)
    before = load_predictor(path, device="Phone")
    broken_off(micro, path, BreakingHost(5))
    unsaid = run_cli("tables", "remove", path)
    assert unsaid.status == 2
    assert "say which profile" in unsaid.stderr
    removed = run_cli("tables", "remove", path, "--unfinished")
    assert removed.status == 0, removed.stderr
    with Table.read(path) as table:
        (info,) = table.profiles()
    assert info.device.name == "Phone"
    assert load_predictor(path, device="Phone") == before
    assert run_cli("tables", "remove", path, "--runtime", "nothing").status == 2
    assert run_cli("tables", "remove", path, "--device", "Phone").status == 0
    assert run_cli("tables", "remove", path, "--device", "Phone").status == 2


def test_of_several_profiles_one_is_to_be_named(micro: Space, tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    for version in ("1", "2"):
        write_table(path, micro.operations(), lambda one: 1.0, version=version)
    several = run_cli("tables", "remove", path, "--device", "Phone")
    assert several.status == 2
    assert "several profiles" in several.stderr
    assert run_cli("tables", "remove", path, "--version", "1").status == 0
    with Table.read(path) as table:
        assert [info.version for info in table.profiles()] == ["2"]


class SmallBoard(BreakingHost):
    """A board with a megabyte of memory."""

    def device(self, runtime: str) -> Device:
        return Device("Board", 1, "arm", "Linux", 2**20)


def test_a_batch_beyond_a_boards_memory_is_refused_before_anything_is_written(
    micro: Space, tmp_path: Path
) -> None:
    path = tmp_path / "t.db"
    with pytest.raises(InputError, match=r"`batch` 4000 needs .* GiB .* fewer images a call"):
        profile(micro, path, settings=Settings(batch=4000), host=SmallBoard(0))
    assert not path.exists()
