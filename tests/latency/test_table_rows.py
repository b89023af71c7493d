"""A table is opened only if every row of it can be right: random cells of a good one are spoilt."""

import math
import random
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings, strategies as st
from support import measurement, run_cli, write_table

from latency import Table, calibrate, find_predictor, repair_table, table_faults
from latency.prediction.profile_query import ProfileQuery
from latency.profiling.network_sampling import calibration_networks
from latency.profiling.programs import network_program
from latency.tables.columns import CONDITIONS
from latency.tables.faults import first_fault
from search_spaces import InputError, Space
from search_spaces.numbers import LONGEST_MS

NASTY: tuple[Any, ...] = (
    None, "", "abc", "1e308", b"", b"\xff\xfe", b"a" * 5000, "x" * 100_000,
    "\ud800".encode("utf-8", "surrogatepass"),
    math.inf, -math.inf, 1e308, -1e308, -1.0, 0.0, -0.0, 1e-320, -1e9, 1e9, 0, -1, 1,
    2**63 - 1, -(2**63),
    "[" * 100_000, "[]", "{}", "[1, 2]", '{"a": NaN}', '{"torch": 2}', "9" * 5000, "now",
    "2031999999999999999",
    "-4713-01-01", "2024-01-01T00:00:00+00:00", "2024-99-99", "\x1b[31m", "[/red]",
)  # fmt: skip
LYING = '[{"in_channels": 3, "out_channels": 8, "kernel": -3, "stride": 0, "resolution": 16, "kind": "convolution"}]'  # noqa: E501
CELLS = st.integers(0, 2**31)
VALUES = st.one_of(
    st.sampled_from((*NASTY, LYING)),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(max_size=40),
    st.binary(max_size=40),
)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory, micro: Space) -> Path:
    """A calibrated profile, an imported one beside it, and something in every table."""
    path = tmp_path_factory.mktemp("good") / "good.db"
    info = write_table(path, micro.operations(), lambda one: one.macs / 1e4 + 0.1)
    with Table.open(path) as table:
        for network in calibration_networks(micro, 5):
            program = network_program(network.operations)
            table.add_program(program.key, "network", program.operations)
            ms = 0.5 + sum(one.macs / 1e4 + 0.1 for one in network.active)
            table.add_measurement(info.id, measurement(program.key, ms=ms))
        table.add_program("Pool-x", "foreign", [])
        table.add_estimate(info.id, "Pool-x", 1.0, 0.5, 3)
        assert calibrate(table, info) is not None
    return path


def spoil(good: Path, folder: Path, number: int, value: object) -> tuple[Path, str] | None:
    """Put a value into a cell of a copy; return it and the cell, None if SQLite refuses."""
    path = folder / "spoilt.db"
    shutil.copy(good, path)
    connection = sqlite3.connect(path)
    cells = [
        (table, column, *row)
        for table in CONDITIONS
        for (column,) in connection.execute(f"SELECT name FROM pragma_table_info('{table}')")
        for row in connection.execute(f"SELECT COUNT(*) FROM {table}")
    ]
    table, column, rows = random.Random(number).choice([cell for cell in cells if cell[-1]])
    keys = [
        name
        for name, key in connection.execute(f"SELECT name, pk FROM pragma_table_info('{table}')")
        if key
    ]
    chosen = connection.execute(
        f"SELECT {', '.join(keys)} FROM {table} LIMIT 1 OFFSET {number % rows}"
    ).fetchone()
    where = " AND ".join(f"{key} IS ?" for key in keys)
    try:
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", [value, *chosen])
    except (sqlite3.IntegrityError, sqlite3.DataError, UnicodeEncodeError):
        return None
    finally:
        connection.commit()
        connection.close()
    return path, f"{table}.{column}"


def check_sentence(sentence: str, path: Path) -> None:
    assert "\n" not in sentence
    assert str(path) in sentence


@settings(max_examples=150)
@given(number=CELLS, value=VALUES)
@example(number=1, value="abc")
def test_a_spoilt_cell_is_refused_or_plausible(
    good: Path, micro: Space, tmp_path_factory: pytest.TempPathFactory, number: int, value: object
) -> None:
    spoilt = spoil(good, tmp_path_factory.mktemp("t"), number, value)
    if spoilt is None:
        return
    path, _ = spoilt
    try:
        predictor = find_predictor(path, ProfileQuery(device="Phone"))
        slowest = predictor.bounds(micro)[1]
    except InputError as refusal:
        check_sentence(str(refusal), path)
        return
    assert table_faults(path) == []
    assert 0 < slowest < math.inf
    error = predictor.relative_error()
    assert error is None or 0 <= error < math.inf
    for entry in predictor.entries.values():
        assert 0 <= entry.milliseconds <= LONGEST_MS


@settings(max_examples=60)
@given(number=CELLS, value=VALUES)
def test_a_spoilt_table_is_repaired(
    good: Path, tmp_path_factory: pytest.TempPathFactory, number: int, value: object
) -> None:
    folder = tmp_path_factory.mktemp("t")
    spoilt = spoil(good, folder, number, value)
    if spoilt is None:
        return
    path, _ = spoilt
    faults = table_faults(path)
    before = path.read_bytes()
    repaired = repair_table(path)
    assert (repaired.copy is None) == (not faults)
    if repaired.copy is not None:
        assert sum(sum(counts.values()) for counts in repaired.removed.values()) > 0
        with pytest.raises(InputError, match="tables repair"):
            _read_all(repaired.copy)
    else:
        assert path.read_bytes() == before
    _read_all(path)
    assert table_faults(path) == []


def _read_all(path: Path) -> None:
    with Table.read(path) as table:
        for info in table.profiles():
            for kind in ("overhead", "operation", "network", "foreign"):
                table.entries(info.id, kind)
                table.programs(info.id, kind)
            table.calibration(info.id)
            table.libraries(info.id)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("UPDATE visits SET minimum_ms = 'abc'", "visits .*minimum_ms 'abc' is not a number"),
        ("UPDATE visits SET minimum_ms = -1, median_ms = -1", "minimum_ms -1.0 is not"),
        ("UPDATE visits SET median_ms = minimum_ms / 2", "median_ms .* is not at least minimum_ms"),
        ("UPDATE visits SET measured_at = '2031' || abs(random())", "is not a time"),
        ("UPDATE visits SET calls = 0", "calls 0 is not a whole number from 1"),
        ("UPDATE corrections SET milliseconds = 'abc'", "corrections"),
        ("UPDATE corrections SET milliseconds = -1e9", "milliseconds -1000000000.0 is not a"),
        ("UPDATE corrections SET milliseconds = -5", "with the call overhead it is below 0"),
        ("UPDATE calibrations SET fit_variance = -1", "fit_variance -1.0 is not a number from 0"),
        ("UPDATE calibrations SET held_out_statistics = '[]'", "not statistics of errors"),
        (
            "UPDATE visits SET minimum_ms = 1e-320",
            "minimum_ms 9.99\\d+e-321 is not a number from 0",
        ),
        ("UPDATE profiles SET libraries = '[1]'", "libraries .*not an object of names"),
        ("UPDATE profiles SET threads = 'many'", "threads 'many' is not a whole number"),
        ("UPDATE devices SET cores = 99", "not the fingerprint of that device"),
        ("DELETE FROM devices", "device .* is not a device of the table"),
        ("DELETE FROM programs WHERE kind = 'network'", "not a program of the table"),
        ("DELETE FROM calibrations", "not a calibrated profile of the table"),
        ("DELETE FROM profiles", "not a profile of the table"),
        ("UPDATE programs SET operations = '[]' WHERE kind = 'operation'", "than its key says"),
        ("UPDATE programs SET operations = x'ff' WHERE kind = 'operation'", "is not text"),
    ],
)
def test_the_row_and_the_mend_are_said(
    good: Path, tmp_path: Path, statement: str, words: str
) -> None:
    path = Path(shutil.copy(good, tmp_path / "t.db"))
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()
    with pytest.raises(InputError, match=words) as caught:
        find_predictor(path, ProfileQuery(device="Phone"))
    assert f"proxyless tables repair {path}" in str(caught.value)
    for verb in ("list", "show"):
        if verb == "list" and "than its key says" in words:
            continue  # it reads no operations
        outcome = run_cli("tables", verb, path)
        assert (outcome.status, outcome.stderr.count("error:")) == (2, 1), outcome.stderr
    checked = run_cli("tables", "check", path)
    assert checked.status == 1, checked.stderr
    assert "proxyless tables repair" in checked.stdout.replace("\n", " ")
    assert run_cli("tables", "repair", path).status == 0
    assert (tmp_path / "t.db.before-repair").is_file()
    assert run_cli("tables", "list", path).status == 0


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER t AFTER INSERT ON visits BEGIN DELETE FROM visits; END",
        "CREATE VIEW v AS SELECT * FROM visits",
        "CREATE TABLE notes (text)",
        "ALTER TABLE visits ADD COLUMN more",
        "DROP VIEW entries",
    ],
)
def test_what_is_made_otherwise_is_refused_and_rebuilt(
    good: Path, tmp_path: Path, statement: str
) -> None:
    path = Path(shutil.copy(good, tmp_path / "t.db"))
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()
    with pytest.raises(InputError, match=r"not made as latency tables are .*tables repair"):
        Table.open(path)
    repaired = repair_table(path)
    assert repaired.rebuilt
    assert repaired.removed == {}
    one, other = (find_predictor(p, ProfileQuery(device="Phone")) for p in (good, path))
    assert (one.entries, one.calibration) == (other.entries, other.calibration)


def test_a_view_in_a_tables_place_is_never_run(good: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(good, tmp_path / "t.db"))
    endless = (
        "CREATE VIEW entries AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        "SELECT i FROM n"
    )
    with sqlite3.connect(path) as connection:
        connection.execute("DROP VIEW entries")
        connection.execute(endless)
    connection.close()
    with pytest.raises(InputError, match="entries in it is not what a latency table has"):
        Table.open(path)
    assert repair_table(path).rebuilt


def test_a_damaged_page_costs_what_was_on_it(good: Path, tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    with sqlite3.connect(path) as target, sqlite3.connect(good) as source:
        source.backup(target)
        (root,) = target.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'corrections'"
        ).fetchone()
        (size,) = target.execute("PRAGMA page_size").fetchone()
    target.close()
    content = bytearray(path.read_bytes())
    content[(root - 1) * size : root * size] = random.Random(0).randbytes(size)
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"damaged .*tables repair"):
        Table.open(path)
    repaired = repair_table(path)
    assert repaired.rebuilt
    assert repaired.copy is not None
    assert repaired.copy.read_bytes() == bytes(content)
    before, after = (
        find_predictor(p, ProfileQuery(device="Phone"), raw=True) for p in (good, path)
    )
    assert before.entries == after.entries
    path.write_bytes(bytes(content))
    second = repair_table(path).copy
    assert second is not None
    assert second.name == "t.db.before-repair-2"


def test_a_copy_is_not_written_through_a_link(good: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(good, tmp_path / "t.db"))
    content = bytearray(path.read_bytes())
    content[3 * 4096 : 4 * 4096] = bytes(range(256)) * 16
    path.write_bytes(content)
    (tmp_path / "t.db-wal").write_bytes(b"no log")
    theirs = tmp_path / "theirs"
    theirs.write_text("theirs")
    (tmp_path / "t.db.before-repair-wal").symlink_to(theirs)
    assert run_cli("tables", "repair", path).status in (0, 2)
    assert theirs.read_text() == "theirs"
    assert (tmp_path / "t.db.before-repair-wal").is_symlink()


def test_what_cannot_be_read_at_all_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    path.write_bytes(b"SQLite format 3\0" + random.Random(0).randbytes(8192))
    before = path.read_bytes()
    with pytest.raises(InputError, match="nothing can be read"):
        repair_table(path)
    assert path.read_bytes() == before


def test_every_row_of_a_good_table_is_plausible(good: Path) -> None:
    assert table_faults(good) == []
    with Table.read(good) as table:
        assert first_fault(table.connection) is None
    outcome = run_cli("tables", "repair", good, "--json")
    assert outcome.status == 0
    assert not list(good.parent.glob("*before-repair*"))
