"""Boards that lie, babble or fall silent: each ends in a sentence, and nothing measured is lost."""

import json
import os
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from latency import Program, Protocol, Settings, get_host, profile as profile_space
from latency.hosts import conversation, limits
from latency.hosts.messages import PlanReplies, read_message
from latency.hosts.words import words
from latency.timing.measurement import Measurement, MeasurementPlan
from search_spaces import InputError, Space

HERE = Path(__file__).parent
RUNTIME = "onnxruntime"
PLAN = MeasurementPlan(0, frozenset({(0, "a"), (1, "a")}))
DEVICE = {"name": "B", "cores": 4, "machine": "m", "system": "Linux", "memory_bytes": 1}
FACTS = {"device": DEVICE, "version": "1", "libraries": {}}
DIGITS = "9" * 5000
ESCAPES = "\x1b]0;pwn\x07\x1b[2J bad"

Fake = Callable[[str], None]


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Return what sets the mode of an ``ssh`` that is a program of ours."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "ssh").write_text(f"#!{sys.executable} -S\n{(HERE / 'fake_ssh.py').read_text()}")
    (folder / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def set_mode(mode: str) -> None:
        (folder / "mode").write_text(mode)

    return set_mode


def refused(ask: Callable[[], object]) -> str:
    """Return the sentence that ends it: it names the board, and no terminal obeys it."""
    with pytest.raises(InputError) as caught:
        ask()
    sentence = str(caught.value)
    assert sentence.isprintable()
    assert "board" in sentence
    assert len(sentence) < 1500
    return sentence


def describe() -> object:
    return get_host("ssh://me@board").version(RUNTIME)


def measure(tmp_path: Path) -> list[Measurement]:
    model = tmp_path / "a.onnx"
    model.write_bytes(b"no model")
    program = Program("a", file=str(model))
    host = get_host("ssh://me@board")
    return list(host.measure(RUNTIME, [program], Settings(), PLAN))


def facts(**changed: object) -> str:
    return "facts=" + json.dumps(FACTS | changed)


def device(**changed: object) -> str:
    return facts(device=DEVICE | changed)


def says(*pairs: tuple[str, object]) -> str:
    return "says=" + json.dumps(pairs)


@pytest.mark.parametrize(
    ("mode", "sentence"),
    [
        ("status=0", "python3 cannot be started on me@board (ssh: Could not resolve)"),
        ("status=255", "me@board cannot be reached (ssh: Could not resolve)"),
        ("raw=", "cannot be started on me@board (ssh ended with status 0)"),
        ("raw=" + "\xff\x00\x9b" * 1000, "cannot be started on me@board"),
        ("endless", "me@board wrote a line of more than 1048576 bytes"),
        ("endless lines", "bytes that are no message"),
        ("endless errors", "python3 cannot be started on me@board (eeee"),
        ("endless messages", "me@board described itself twice"),
        ("line={{{", "a message of me@board is not valid JSON"),
        ("line=", "a message of me@board is not valid JSON"),
        ("line=" + "[" * 100_000, "its lists are more than 64 deep"),
        ("line=" + "[" * 900 + "]" * 900, "its lists are more than 64 deep"),
        (f'line=["facts",{DIGITS}]', "a whole number beyond 64 bits"),
        ('line=["facts",1e999]', "a number that is not finite"),
        ('line=["facts",NaN]', "NaN is no number"),
        ('line=["facts","\\ud800"]', "a text that cannot be encoded"),
        ('line=["started","\xff"]', "a message of me@board is not valid JSON"),
        ('line=["started",{"a":1,"a":2}]', "'a' stands twice"),
        ("line=cposix\x0bsystem\x0b(S'touch PWNED'\x0btR.", "is not valid JSON"),
        ("line=5", "a message of me@board is no pair of a kind and a content"),
        ("line=[1,2,3]", "is no pair"),
        ("line=[]", "is no pair"),
        ('line={"started":null}', "is no pair"),
        ("line=[1,null]", "is no pair"),
        ('line=["hack",1]', "is of no known kind: 'hack'"),
        (f'line=["{chr(92)}u001b[2J",1]', r"is of no known kind: '\x1b[2J'"),
        (says(("finished", None)), "me@board started only after 'finished'"),
        (says(("facts", FACTS)), "me@board started only after 'facts'"),
        (says(("started", None), ("started", None)), "me@board started twice"),
        (says(("started", 5)), "started: 5 is wrong"),
        (says(("started", None), ("finished", None)), "did not describe itself"),
        (says(("started", None), ("facts", FACTS)), "failed on me@board while measuring"),
        (says(("started", None), ("hack", 1)), "is of no known kind"),
        (says(("started", None), ("failed", "")), "while measuring: it gives no reason"),
        (says(("started", None), ("failed", 5)), "failed: 5 is wrong"),
        (says(("started", None), ("failed", ["a"])), "failed: ['a'] is wrong"),
        (says(("started", None), ("failed", ESCAPES)), r"measuring: \x1b]0;pwn\x07\x1b[2J bad"),
        (says(("started", None), ("failed", "a\nb")), "while measuring: a b"),
        (says(("started", None), ("failed", "x" * 90_000)), "xxx…"),
        (says(("started", None), ("no linux", ESCAPES)), "no linux: '"),
        (says(("started", None), ("no linux", "Darwin")), "runs Darwin, and only Linux"),
        (says(("started", None), ("old python", "3.8; rm -rf ~")), "old python: '3.8; rm"),
        (says(("started", None), ("old python", 3)), "old python: 3 is wrong"),
        (says(("started", None), ("old python", "3.8.1")), "is Python 3.8.1: 3.9 or newer"),
        (says(("started", None), ("no package", "x; rm -rf ~ #")), "a package that nobody needs"),
        (says(("started", None), ("no package", "$(reboot)")), "a package that nobody needs"),
        (says(("started", None), ("no package", "numpy")), "pip install numpy`"),
        (says(("started", None), ("measurement", {})), "field 'program' is missing"),
        ("facts={}", "facts: top level: field 'device' is missing"),
        ("facts=null", "facts: None is wrong"),
        ("facts=[]", "facts: [] is wrong"),
        (facts(device=None), "device: None is wrong"),
        (facts(version=1), "version: 1 is wrong"),
        (facts(version=""), "version: '' is wrong"),
        (facts(version="\x1b[2J"), "version: "),
        (facts(version="1" * 1000), "version: "),
        (facts(libraries={"a": 1}), "libraries"),
        (facts(libraries={str(number): "1" for number in range(1000)}), "libraries"),
        (facts(more=1), "unknown field 'more'"),
        (device(name=None), "device, name: None is wrong"),
        (device(name=""), "device, name: '' is wrong"),
        (device(name=ESCAPES), r"device, name: '\x1b]0;pwn"),
        (device(name="a\nb"), r"device, name: 'a\nb' is wrong"),
        (device(name="n" * 10**5), "device, name: 'nnn"),
        (device(cores=0), "device, cores: 0 is wrong"),
        (device(cores=-4), "device, cores: -4 is wrong"),
        (device(cores=True), "device, cores: True is wrong"),
        (device(cores="4"), "device, cores: '4' is wrong"),
        (device(cores=4.5), "device, cores: 4.5 is wrong"),
        (device(cores=10**9), "device, cores: 1000000000 is wrong"),
        (device(memory_bytes=-1), "device, memory_bytes: -1 is wrong"),
        (device(memory_bytes=1e30), "device, memory_bytes: 1e+30 is wrong"),
        (device(system={}), "device, system: {} is wrong"),
    ],
)
def test_a_description_that_is_none(board: Fake, mode: str, sentence: str) -> None:
    board(mode)
    assert sentence in refused(describe)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"minimum_ms": -1.0}, "minimum_ms: -1.0 is wrong"),
        ({"minimum_ms": 0}, "minimum_ms: 0 is wrong"),
        ({"minimum_ms": "abc"}, "minimum_ms: 'abc' is wrong"),
        ({"minimum_ms": "1.0"}, "minimum_ms: '1.0' is wrong"),
        ({"minimum_ms": None}, "minimum_ms: None is wrong"),
        ({"minimum_ms": True}, "minimum_ms: True is wrong"),
        ({"minimum_ms": [1]}, "minimum_ms: [1] is wrong"),
        ({"minimum_ms": 1e300, "median_ms": 1e300}, "minimum_ms: 1e+300 is wrong"),
        ({"minimum_ms": float("nan")}, "NaN is no number"),
        ({"minimum_ms": float("inf")}, "Infinity is no number"),
        ({"minimum_ms": "LEFT OUT"}, "field 'minimum_ms' is missing"),
        ({"minimum_ms": 2.0}, "minimum_ms 2 is above median_ms 1.1"),
        ({"median_ms": -1}, "median_ms: -1 is wrong"),
        ({"median_ms": "LEFT OUT"}, "field 'median_ms' is missing"),
        ({"cpu_ms": -1}, "cpu_ms: -1 is wrong"),
        ({"cpu_ms": {}}, "cpu_ms: {} is wrong"),
        ({"calls": 0}, "calls: 0 is wrong"),
        ({"calls": 2.5}, "calls: 2.5 is wrong"),
        ({"calls": 10**30}, "a whole number beyond 64 bits"),
        ({"switches": -1}, "switches: -1 is wrong"),
        ({"switches": "7"}, "switches: '7' is wrong"),
        ({"measured_at": "yesterday"}, "measured_at: 'yesterday' is wrong"),
        ({"measured_at": 5}, "measured_at: 5 is wrong"),
        ({"measured_at": "2030-13-41T00:00:00+00:00"}, "month must be in 1..12"),
        ({"measured_at": "2030-01-01T00:00:00+00:00\x1b[2J"}, "measured_at: "),
        ({"program": "b"}, "measured what it was not asked for, or twice"),
        ({"program": 5}, "program: 5 is wrong"),
        ({"program": ESCAPES}, r"round 0, '\x1b]0;pwn"),
        ({"process": 7}, "process 7"),
        ({"process": "0"}, "process: '0' is wrong"),
        ({"round": 1}, "measured what it was not asked for, or twice: process 0, round 1"),
        ({"round": -1}, "round: -1 is wrong"),
        ({"more": 1}, "unknown field 'more'"),
    ],
)
def test_a_measurement_that_is_none(
    board: Fake, tmp_path: Path, changed: dict[str, object], sentence: str
) -> None:
    board("measures=" + json.dumps(changed))
    assert sentence in refused(lambda: measure(tmp_path))


@pytest.mark.parametrize(
    ("mode", "sentence"),
    [
        ("measures and on", "measured what it was not asked for, or twice"),
        ('answers a plan=[["started",null],["finished",null]]', "finished without 2 of its"),
        ('answers a plan=[["started",null],["no linux","x"]]', "answered 'no linux' to a plan"),
        ('answers a plan=[["started",null],["no package","x"]]', "answered 'no package' to a plan"),
        ('answers a plan=[["finished",null]]', "started only after 'finished'"),
        ('answers a plan=[["started",null]]', "failed on me@board while measuring: ssh ended"),
    ],
)
def test_a_plan_that_is_not_kept(board: Fake, tmp_path: Path, mode: str, sentence: str) -> None:
    board(mode)
    assert sentence in refused(lambda: measure(tmp_path))


def test_an_honest_board_is_believed(board: Fake, tmp_path: Path) -> None:
    board("measures={}")
    assert {(one.round, one.minimum_ms) for one in measure(tmp_path)} == {(0, 1.0), (1, 1.0)}
    assert describe() == "1.0"


def test_what_was_measured_before_a_lie_is_kept(board: Fake, tmp_path: Path, micro: Space) -> None:
    table = tmp_path / "table.db"
    protocol = Protocol(processes=1, rounds=1, calibration_networks=1, extra=0)

    def profile() -> None:
        profile_space(micro, table, RUNTIME, protocol=protocol, host=get_host("ssh://me@board"))

    def rows() -> int:
        connection = sqlite3.connect(table)
        (count,) = connection.execute("SELECT count(*) FROM visits").fetchone()
        connection.close()
        return int(count)

    board('measures after={"minimum_ms": -1}')
    assert "minimum_ms: -1 is wrong" in refused(profile)
    assert rows() == 3
    board("measures={}")
    profile()
    assert rows() == len(micro.operations()) + 2


@pytest.mark.parametrize("mode", ["silent", "silent later", "a word a second"])
def test_a_board_that_says_nothing_is_given_up(
    board: Fake, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setattr(limits, "GREETING_SECONDS", 0.4)
    board(mode)
    assert "the connection to me@board was lost (no answer in 0 s)" in refused(describe)


def test_a_board_that_reads_nothing_is_given_up(
    board: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "TRANSFER_SECONDS", 0.4)
    board("silent")
    model = tmp_path / "a.onnx"
    model.write_bytes(bytes(10**7))
    plan = MeasurementPlan(0, frozenset({(0, "a")}))
    host = get_host("ssh://me@board")
    program = Program("a", file=str(model))
    assert "no answer" in refused(lambda: list(host.measure(RUNTIME, [program], Settings(), plan)))


def test_a_board_that_writes_much_and_reads_nothing(board: Fake, tmp_path: Path) -> None:
    """Whoever writes the job before reading would wait for a board that waits for being read."""
    (tmp_path / "bin/ssh").write_text('#!/bin/sh\ncat "$(dirname "$0")/mode"\n')
    model = tmp_path / "a.onnx"
    model.write_bytes(bytes(10**7))
    plan = MeasurementPlan(0, frozenset({(0, "a")}))
    program = Program("a", file=str(model))
    host = get_host("ssh://me@board")
    for said in ("\x1e" + "x" * 10**6, "y" * 10**7):
        board(said)
        sentence = refused(lambda: list(host.measure(RUNTIME, [program], Settings(), plan)))
        assert "no answer" not in sentence, "both waited until one gave up"


def test_a_board_that_does_not_end_is_ended(board: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "ENDING_SECONDS", 0.2)
    board("deaf")
    assert describe() == "1.0"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
kinds = st.sampled_from(["started", "facts", "measurement", "failed", "no package", "finished"])
numbers = st.integers() | st.floats() | st.none() | st.text(max_size=3)


@given(st.one_of(json_values, st.tuples(kinds, json_values)))
def test_any_message_is_taken_or_refused(message: object) -> None:
    line = json.dumps(message).encode()
    try:
        kind, content = read_message(line, "a message of board")
        PlanReplies(PLAN).check(kind, content)
        sentence = kind
    except ValueError as error:
        sentence = str(error)
    assert sentence


@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys(("minimum_ms", "median_ms", "calls"), numbers))
)
def test_measurements_are_finite_and_positive(changed: dict[str, Any]) -> None:
    content = {
        "program": "a",
        "process": 0,
        "round": 0,
        "minimum_ms": 1.0,
        "median_ms": 1.1,
        "cpu_ms": 1.0,
        "calls": 8,
        "switches": 0,
        "measured_at": "2030-01-01T00:00:00+00:00",
        **changed,
    }
    try:
        kind, read = read_message(json.dumps(["measurement", content]).encode(), "it")
    except InputError:
        return
    measurement = PlanReplies(PLAN).check(kind, read)
    assert 0 < measurement.minimum_ms <= measurement.median_ms <= 1e8
    assert measurement.calls >= 1


@given(st.text())
def test_words_are_one_line_that_no_terminal_obeys(text: str) -> None:
    assert words(text).isprintable()
    assert len(words(text)) <= 10 * 300 + 1
