"""``tables check`` on this machine, and on tables that pretend."""

import json
import sqlite3
from pathlib import Path
from unittest import mock

import pytest
from support import run_cli

from latency import Check, Protocol, Table, check, check_profile, profile
from latency.profiling.checking import _choose_programs, _verdict
from search_spaces import InputError, Space


@pytest.fixture
def table(micro_table: Path, tmp_path: Path) -> Path:
    path = tmp_path / "table.db"
    path.write_bytes(micro_table.read_bytes())
    return path


def test_what_is_measured_is_reported(table: Path) -> None:
    before = table.read_bytes()
    found = check(table)
    assert all(ratio > 0 for ratio in found.ratios.values())
    assert any(key.startswith("network-") for key in found.ratios)
    assert found.version_now == found.profile.version
    assert found.verdict == _verdict(found.drift, found.spread, found.tolerance)
    assert table.read_bytes() == before


def test_a_device_ten_times_slower_is_noticed(table: Path) -> None:
    connection = sqlite3.connect(table)
    connection.execute("UPDATE visits SET minimum_ms = minimum_ms / 10, median_ms = median_ms / 10")
    connection.commit()
    connection.close()
    outcome = run_cli("tables", "check", table, "--json")
    found = json.loads(outcome.stdout)
    assert outcome.status == 1
    assert found["verdict"] in ("slower", "changed")
    assert found["drift"] > 3


def test_a_profile_is_checked_only_before_something_is_added(table: Path, micro: Space) -> None:
    told: list[Check] = []
    same = Protocol(processes=1, rounds=2)
    with mock.patch("latency.profiling.profiling.check_profile", wraps=check_profile) as checked:
        profile(micro, table, protocol=same, changed=told.append)
        profile(micro, table.with_name("new.db"), protocol=same, changed=told.append)
        assert not checked.called
        profile(micro, table, protocol=Protocol(processes=1, rounds=3), changed=told.append)
        assert checked.call_count == 1
    assert all(one.verdict != "as recorded" for one in told)


def test_operations_that_moved_apart_are_seen_though_most_did_not(table: Path) -> None:
    edit = "UPDATE visits SET minimum_ms = minimum_ms / 10 WHERE program IN"
    with Table.open(table) as opened:
        (info,) = opened.profiles()
        _, programs = _choose_programs(opened, info)
        for program in programs[-4:-1]:
            opened.connection.execute(f"{edit} (?)", [program.key])
    found = check(table)
    assert found.verdict == "changed"


def test_profile_says_that_the_device_has_changed(table: Path, micro_file: Path) -> None:
    connection = sqlite3.connect(table)
    connection.execute("UPDATE visits SET minimum_ms = minimum_ms / 10, median_ms = median_ms / 10")
    connection.commit()
    connection.close()
    outcome = run_cli(
        *("profile", "--space", micro_file, "--width", 2, "--table", table),
        *("--rounds", 1, "--processes", 1),
    )
    assert outcome.status == 0
    assert "times as long as when this profile was measured" in " ".join(outcome.stderr.split())


@pytest.mark.parametrize(
    ("drift", "spread", "verdict"),
    [
        (1.0, 0.01, "as recorded"),
        (1.2, 0.01, "slower"),
        (0.8, 0.01, "faster"),
        (1.0, 0.2, "changed"),
        (1.2, 0.2, "changed"),
    ],
)
def test_verdicts(drift: float, spread: float, verdict: str) -> None:
    assert _verdict(drift, spread, 0.05) == verdict


def test_only_measured_profiles_of_this_machine(table: Path) -> None:
    connection = sqlite3.connect(table)
    connection.execute("UPDATE profiles SET method = 'imported'")
    connection.commit()
    connection.close()
    with pytest.raises(InputError, match="was imported: only measured profiles"):
        check(table)
