"""The process that carries a network's traffic, as its owner sees it: lines of JSON, one an answer.

A process of its own, so that the owner's work does not delay a packet. It ends when its input does.
"""

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[2]


class Carrier:
    """A module of this package that runs as a process.

    ``module``: its name. ``setting``: the first line it is sent; ``ready`` is the first answer.
    Raises ``OSError`` with the last line of what it wrote, if it ends instead of answering.
    """

    def __init__(self, module: str, setting: dict[str, Any]) -> None:
        self._turn = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.{module}"],
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # an interrupt is for the owner, who then closes it
        )
        self.pid = self._process.pid
        try:
            self.ready = self.ask(setting)
        except BaseException:
            self.close()
            raise

    def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send a line and return the answer to it; several threads may ask."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._turn:
            try:
                self._process.stdin.write(json.dumps(message) + "\n")
                self._process.stdin.flush()
            except BrokenPipeError:
                pass  # the answer is missing too, and says why
            line = self._process.stdout.readline()
        if not line:
            assert self._process.stderr is not None
            said = self._process.stderr.read().strip().splitlines() or ["nothing"]
            raise OSError(f"the network's process has ended; it said: {said[-1]}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End its input and wait until it has tidied up."""
        try:
            self._process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
