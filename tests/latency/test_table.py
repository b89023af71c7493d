import random
import sqlite3
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from support import measurement

from latency import Device, ProfileInfo, Settings, Table
from latency.tables.file import APPLICATION_ID, SCHEMA_VERSION
from search_spaces import InputError, MBConv

DEVICE = Device("Some CPU", 4, "x86_64", "Linux 6.1", 2**33)
OPERATION = MBConv(8, 8, 3, 1, 3, 8, True)
KEY = OPERATION.key


def filled(table: Table, **address: Any) -> ProfileInfo:
    """Add a profile and one operation, without visits."""
    given = {"device": DEVICE, "runtime": "onnxruntime", "version": "1", "settings": Settings()}
    info = table.add_profile(**{**given, **address}, libraries={"torch": "2"})
    table.add_program(KEY, "operation", [OPERATION])
    return info


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A table with one visit."""
    path = tmp_path / "table.db"
    with Table.open(path, create=True) as table:
        table.add_measurement(filled(table).id, measurement(KEY))
    return path


def refuse(path: Path, words: str, create: bool = False) -> None:
    with pytest.raises(InputError, match=words) as caught:
        Table.open(path, create=create)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_file_says_what_it_is(path: Path) -> None:
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    connection.close()
    assert path.read_bytes()[68:72] == b"PROX"


def test_other_version_is_refused(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    refuse(path, "has schema version 99; this release reads 3")


def test_foreign_sqlite_file_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE notes (text)")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    refuse(path, "not a latency table")
    refuse(path, "not a latency table", create=True)
    assert path.read_bytes() == before


def test_truncated_table_is_refused(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    refuse(path, "is damaged")


def test_overwritten_page_is_refused(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096 : 3 * 4096] = random.Random(0).randbytes(2 * 4096)
    path.write_bytes(content)
    refuse(path, "is damaged")


def test_text_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.db"
    path.write_text("op,ms\n" * 1000)
    refuse(path, "is no latency table: name another file")


@pytest.mark.parametrize("create", [False, True])
def test_folder_is_refused(tmp_path: Path, create: bool) -> None:
    refuse(tmp_path, "table", create)


def test_missing_table_names_the_command_that_makes_it(tmp_path: Path) -> None:
    refuse(tmp_path / "absent.db", r"does not exist: .*proxyless profile")
    assert not (tmp_path / "absent.db").exists()


def test_empty_file_holds_no_profiles(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    path.touch()
    with Table.open(path, create=True) as table:
        assert table.profiles() == []


def test_created_in_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    Table.open(tmp_path / "a" / "b" / "table.db", create=True).close()
    assert (tmp_path / "a" / "b" / "table.db").is_file()


def test_no_side_files_are_left_behind(path: Path) -> None:
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_same_address_is_the_same_profile(path: Path) -> None:
    with Table.open(path) as table:
        assert filled(table) == filled(table)
        (info,) = table.profiles()
        assert info == ProfileInfo(1, DEVICE, "onnxruntime", "1", Settings())


@pytest.mark.parametrize(
    "address",
    [
        {"device": Device("Other", 4, "x86_64", "Linux 6.1", 2**33)},
        {"runtime": "litert"},
        {"version": "2"},
        {"settings": Settings(threads=2)},
        {"settings": Settings(batch=2)},
    ],
)
def test_whatever_changes_the_time_is_another_profile(path: Path, address: dict[str, Any]) -> None:
    with Table.open(path) as table:
        other = filled(table, **address)
        assert [info.id for info in table.profiles()] == [1, other.id]
        assert table.profiles()[1] == other
        assert table.entries(other.id) == {}


def test_a_measurement_made_again_replaces_the_first(path: Path) -> None:
    with Table.open(path) as table:
        table.add_measurement(1, measurement(KEY, ms=0.5))
        (only,) = table.measurements(1)
    assert only == measurement(KEY, ms=0.5)


def test_entries_are_of_the_kind_asked_for(path: Path) -> None:
    with Table.open(path) as table:
        table.add_program("overhead", "overhead", [])
        table.add_measurement(1, measurement("overhead", ms=0.25))
        assert list(table.entries(1)) == [KEY]
        assert table.entries(1, "overhead")["overhead"].milliseconds == 0.25
        assert table.entries(1, "network") == {}


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 3), st.integers(0, 4)),
        st.tuples(st.floats(0.001, 100), st.floats(1, 2), st.integers(1, 300)),
        min_size=1,
    )
)
def test_statistics_are_numpys(
    tmp_path_factory: pytest.TempPathFactory,
    visits: dict[tuple[int, int], tuple[float, float, int]],
) -> None:
    with Table.open(tmp_path_factory.mktemp("table") / "table.db", create=True) as table:
        profile = filled(table).id
        for (process, number), (minimum, slowdown, calls) in visits.items():
            table.add_measurement(
                profile,
                measurement(
                    KEY, process, number, minimum,
                    median_ms=minimum * slowdown, calls=calls,
                    measured_at=f"2024-01-0{process + 1}T00:00:0{number}+00:00",
                ),
            )  # fmt: skip
        entry = table.entries(profile)[KEY]
    minima = np.array([minimum for minimum, _, _ in visits.values()])
    medians = minima * np.array([slowdown for _, slowdown, _ in visits.values()])
    assert entry.milliseconds == minima.min()
    assert entry.median_ms == pytest.approx(np.median(medians))
    assert entry.spread_ms == pytest.approx(np.ptp(medians))
    assert entry.samples == sum(calls for _, _, calls in visits.values())
    assert entry.processes == len({process for process, _ in visits})
    process, number = max(visits)
    assert entry.measured_at == f"2024-01-0{process + 1}T00:00:0{number}+00:00"


def test_readers_see_whole_visits_while_a_writer_writes(path: Path) -> None:
    count, problems = 150, []
    done = threading.Event()

    def read() -> None:
        try:
            seen = 0
            while not done.is_set():
                with Table.open(path) as table:
                    found = len(table.measurements(1))
                    assert table.entries(1)[KEY].samples >= 8 * found
                assert found >= seen
                seen = found
        except Exception as problem:
            problems.append(problem)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    with Table.open(path) as table:
        for number in range(1, count):
            table.add_measurement(1, measurement(KEY, number=number))
    done.set()
    for reader in readers:
        reader.join()
    assert problems == []
    with Table.open(path) as table:
        assert len(table.measurements(1)) == count


def test_a_table_created_by_several_at_once_is_whole(tmp_path: Path) -> None:
    problems = []

    def create(path: Path, barrier: threading.Barrier) -> None:
        barrier.wait()
        try:
            Table.open(path, create=True).close()
        except InputError as problem:
            problems.append(str(problem))

    for attempt in range(5):
        path, barrier = tmp_path / f"{attempt}.db", threading.Barrier(4)
        threads = [threading.Thread(target=create, args=(path, barrier)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert problems == []


def test_a_write_that_fails_is_one_sentence(tmp_path: Path) -> None:
    def write_to_a_full_disk() -> None:
        with Table.open(tmp_path / "table.db", create=True) as table:
            table.connection.execute("PRAGMA query_only = ON")
            table.add_program("overhead", "overhead", [])

    with pytest.raises(InputError, match=r"table.db cannot be used now .*disk has room"):
        write_to_a_full_disk()
