import subprocess
import sys

import pytest

SCRIPT = """
import ctypes
from proxyless.constraints.clean_stdout import stdout_to_stderr
print("before")
with stdout_to_stderr():
    ctypes.CDLL(None).printf(b"from C\\n")
print("after")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="printf is found in another way there")
def test_what_c_prints_does_not_reach_standard_output() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("before\nafter\n", "from C\n")


@pytest.mark.skipif(sys.platform == "win32", reason="standard output is closed by a shell")
def test_a_closed_standard_output_is_left_alone() -> None:
    script = "import os; os.close(1)" + SCRIPT.replace("print(", "str(")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "Traceback" not in done.stderr
