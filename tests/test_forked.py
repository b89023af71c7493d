"""Programs started by a nursery behave as if started by ``python``."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from nursery import Nursery

ENDS = """
import atexit, sys
atexit.register(print, "at exit")
print(sys.argv, __name__)
print("error", file=sys.stderr)
{end}
"""


@pytest.mark.parametrize(
    "end",
    ["", "sys.exit()", "sys.exit(3)", "sys.exit('a sentence')", "1 / 0", "import os; os.abort()"],
)
@pytest.mark.parametrize("how", ["-c", "-", "file"])
def test_a_program_prints_and_ends_as_in_python(
    tmp_path: Path, nursery: Nursery, how: str, end: str
) -> None:
    code = ENDS.format(end=end)
    (tmp_path / "program.py").write_text(code)
    arguments = {"-c": ["-c", code], "-": ["-"], "file": ["program.py"]}[how]
    forked, expected = (
        subprocess.run(
            [python, *arguments, "one", "two"], input=code, cwd=tmp_path, capture_output=True,
            text=True, check=False,
        )
        for python in (nursery.python, sys.executable)
    )  # fmt: skip
    assert forked.stdout == expected.stdout
    assert forked.stderr.splitlines()[-1] == expected.stderr.splitlines()[-1]
    # A shell's code for a signal, because the waiting program itself was not killed.
    killed = 128 - expected.returncode if expected.returncode < 0 else expected.returncode
    assert forked.returncode == killed


def test_a_module_is_run_where_it_is_asked_for(tmp_path: Path, nursery: Nursery) -> None:
    (tmp_path / "own.py").write_text("import os; print(os.getcwd(), os.environ['OWN'], __name__)")
    done = subprocess.run(
        [nursery.python, "-m", "own"], cwd=tmp_path, env={"OWN": "1"}, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    assert done.stdout == f"{tmp_path} 1 __main__\n"


def test_the_command_is_in_it(nursery: Nursery) -> None:
    done = subprocess.run(
        [nursery.folder / "proxyless", "train", "nowhere"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "nowhere" in done.stderr


def test_it_is_a_process_that_can_be_killed(tmp_path: Path, nursery: Nursery) -> None:
    with (tmp_path / "output").open("w+") as output:
        process = nursery.start("-c", "import signal; signal.pause()", output=output)
        assert process.pid not in {os.getpid(), os.getppid()}
        assert psutil.pid_exists(process.pid)
        assert process.poll() is None
        with pytest.raises(TimeoutError):
            process.wait(0.01)
        process.kill()
        assert process.wait() == process.poll() == -signal.SIGKILL


def test_nothing_of_one_program_is_seen_by_the_next(nursery: Nursery) -> None:
    code = "import torch; assert not hasattr(torch, 'own'); torch.own = 1"
    assert [nursery.start("-c", code).wait() for _ in range(2)] == [0, 0]


def test_functions_are_called(tmp_path: Path, nursery: Nursery) -> None:
    assert nursery.call(os.mkdir, str(tmp_path / "folder")).wait() == 0
    assert (tmp_path / "folder").is_dir()
