"""Whatever happens, a command ends with one sentence and a status of its own."""

import errno
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from proxyless import cli
from proxyless.cli.last_resort import run_guarded
from search_spaces import InputError


def ending(
    error: BaseException, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[object, str]:
    """Return status and standard error of a command in which an error is raised."""

    def fail() -> None:
        raise error

    with pytest.raises(SystemExit) as end:
        run_guarded(fail, arguments)
    return end.value.code, capsys.readouterr().err


SYSTEM = [
    (InputError("it is wrong"), 2, "error: it is wrong"),
    (MemoryError(), 71, "memory of this machine is used up"),
    (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), 71, "memory"),
    (OSError(errno.ENOSPC, "No space left on device"), 74, "the disk is full"),
    (OSError(errno.ENOSPC, "No space left", "a.db"), 74, "the disk of a.db is full"),
    (PermissionError(errno.EACCES, "Permission denied", "a.db"), 2, "a.db: Permission denied"),
    (sqlite3.OperationalError("database or disk is full"), 74, "the disk is full"),
    (sqlite3.DatabaseError("database disk image is malformed"), 74, "a table is damaged"),
]


@pytest.mark.parametrize(("error", "status", "said"), SYSTEM, ids=range(len(SYSTEM)))
def test_what_the_system_lacks_is_no_fault_of_ours(
    error: BaseException, status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = ending(error, capsys)
    assert code == status
    assert said in text
    assert "Traceback" not in text
    assert text.count("\n") == 1


def test_a_fault_of_ours_is_said_and_reported(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code, text = ending(KeyError("a\x1b[2Jname"), capsys, "search", "--space", "a b")
    assert code == 70
    assert "a fault of proxyless, not of yours (KeyError:" in text
    assert "Traceback" not in text
    assert "\x1b" not in text
    (report,) = tmp_path.iterdir()
    assert str(report) in text
    assert "command: proxyless search --space 'a b'" in report.read_text()
    assert "in fail" in report.read_text()


def test_a_wrong_statement_is_no_damage(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = ending(sqlite3.ProgrammingError("incorrect number of bindings"), capsys)
    assert code == 70
    assert "a fault of proxyless" in text


def test_debug_lets_the_traceback_through() -> None:
    def fail() -> None:
        raise KeyError("name")

    with pytest.raises(KeyError, match="name"):
        run_guarded(fail, ["spaces", "--debug"])


@pytest.mark.parametrize("arguments", [["--debug", "spaces"], ["spaces", "--debug"]])
def test_debug_may_stand_anywhere(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["proxyless", *arguments])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert not end.value.code
    assert "tiny" in capsys.readouterr().out


def test_a_sentence_has_an_end(capsys: pytest.CaptureFixture[str]) -> None:
    _, text = ending(InputError("a" * 100_000), capsys)
    assert len(text) < 3000


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_fault(closed: str) -> None:
    code = (
        "import os, sys; from proxyless.cli.standard_streams import open_closed_streams as o; o();"
        "sys.stdout.isatty(); sys.stderr.isatty(); sys.stdin.read(0);"
        "assert os.open(os.devnull, os.O_RDONLY) > 2"
    )
    command = ["sh", "-c", f'"$0" -c "$1" {closed}', sys.executable, code]
    assert subprocess.run(command, check=False).returncode == 0
