"""Where output goes decides how it looks: a terminal folds it, a pipe gets it whole."""

import fcntl
import io
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from support import run_cli, write_table

from proxyless.cli import app
from proxyless.cli.output import say, show, show_rows
from proxyless.cli.progress import progress_bar
from proxyless.cli.text import cell_len
from search_spaces import load_space

LONG = "A device with a name that is longer than anybody would like a name to be, and then some"
NASTY = "[bold]\x1b]0;owned\x07\x1b[2J"
LISTING = [sys.executable, "-m", "proxyless", "tables", "list", "t.db"]


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A table of a device whose name is long, and of one whose name means harm."""
    monkeypatch.chdir(tmp_path)
    for name in (LONG, NASTY):
        write_table(Path("t.db"), load_space("tiny").operations()[:2], lambda _: 0.1, name)
    return "t.db"


def on_a_terminal(columns: int, command: list[str]) -> str:
    """Run a command on a terminal so wide and return what it wrote there."""
    terminal, far = pty.openpty()
    fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color"}
    with subprocess.Popen(command, stdin=far, stdout=far, stderr=far, env=environment) as process:
        os.close(far)
        written = b"".join(iter(lambda: _read(terminal), b""))
    os.close(terminal)
    assert process.returncode == 0, written
    return written.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so when the other end is closed
        return b""


@pytest.mark.parametrize("columns", [80, 100])
def test_a_terminal_is_as_wide_as_it_says(table: str, columns: int) -> None:
    text = on_a_terminal(columns, LISTING)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()
    assert columns - 10 < max(map(cell_len, lines)) <= columns
    assert "\x1b[1m" in text


def test_a_pipe_is_not_cut(table: str) -> None:
    environment = dict(os.environ)  # spelled out: readline sets COLUMNS behind Python's back
    done = subprocess.run(LISTING, capture_output=True, text=True, check=True, env=environment)
    (line,) = (line for line in done.stdout.splitlines() if LONG in line)
    assert "litert 2" in line
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("verb", ["list", "show"])
def test_names_from_outside_are_only_shown(table: str, verb: str) -> None:
    device = ["--device", NASTY] if verb == "show" else []
    shown = run_cli("tables", verb, table, *device)
    assert shown.status == 0, shown.stderr
    assert r"[bold]\x1b]0;owned\x07\x1b[2J" in shown.stdout
    refused = run_cli("tables", "show", table, "--device", NASTY + "x")
    assert r"\x1b[2Jx" in refused.stderr
    assert "\x1b" not in shown.stdout + refused.stderr


def test_sentences_are_folded_between_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sentence = "Run `proxyless tables calibrate` and then look at it again, if you would."
    say(sentence)
    monkeypatch.setenv("COLUMNS", "30")
    say(sentence)
    whole, *folded = capsys.readouterr().err.splitlines()
    assert whole == sentence
    assert folded[:2] == ["Run", "`proxyless tables calibrate`"]


def test_the_next_command_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    show("Title", {"fact": "word " * 20}, False, then=f"proxyless export {LONG}")
    assert f"next: proxyless export {LONG}" in capsys.readouterr().out.splitlines()


def test_json_says_the_facts_alone(capsys: pytest.CaptureFixture[str]) -> None:
    show("Title", {"fact": 1}, True, then="proxyless export run")
    assert json.loads(capsys.readouterr().out) == {"fact": 1}


def test_a_stream_of_an_old_encoding_takes_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    show("Größe", {"error": "± 2 %"}, False)
    stream.flush()
    assert raw.getvalue().startswith(rb"Gr\xf6\xdfe")


def test_no_rows_are_said_to_be_none(capsys: pytest.CaptureFixture[str]) -> None:
    show_rows("Table", [], [])
    assert capsys.readouterr().out.split() == ["Table", "none"]


@pytest.mark.parametrize("devices", [1, 5])
def test_a_bar_fits(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], devices: int
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes what is captured for a terminal
    monkeypatch.setenv("TERM", "dumb")
    found = [{"expected_ms": 0.1326 * 3**n, "confidence": 0.7 + n / 50} for n in range(devices)]
    with progress_bar("search spaces/[red]a name that is long.toml") as update:
        update(7, 7, {"accuracy": 0.178, "devices": found})
    line = capsys.readouterr().err.rstrip()
    assert cell_len(line) <= 80
    assert "100%" in line
    assert line.endswith("confidence 0.70")


def test_a_log_gets_a_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record = {"accuracy": 0.178, "expected_ms": 0.1326, "confidence": 0.7}
    with progress_bar("search tiny") as update:
        update(1, 8)
        assert capsys.readouterr().err == ""
        monkeypatch.setattr("proxyless.cli.progress.SECONDS_APART", 0.0)
        update(2, 8, record)
    said = capsys.readouterr().err
    assert said == "search tiny: 25%, accuracy 17.8%, 0.1326 ms, confidence 0.70\n"


def commands() -> Iterator[list[str]]:
    """Yield the words before --help of every command there is."""
    group: Any = typer.main.get_command(app)
    context = typer.Context(group)
    for verb in group.list_commands(context):
        command = group.get_command(context, verb)
        yield [verb]
        for action in getattr(command, "list_commands", lambda _: ())(context):
            yield [verb, action]


@pytest.mark.parametrize("command", list(commands()), ids=" ".join)
def test_help_fits(monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    outcome = run_cli(*command, "--help")
    assert outcome.status == 0
    assert max(map(len, outcome.stdout.splitlines())) <= 80
