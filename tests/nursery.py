"""Programs that start at once: forks of a process that has imported everything already."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

SERVER = Path(__file__).with_name("nursery_server.py")
PROGRAM = """#!{python} -IS
import json, os, socket, sys
arguments = {arguments!r} + sys.argv[1:]
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect({address!r})
    request = {{"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ)}}
    socket.send_fds(connection, [json.dumps(request).encode() + b"\\n"], [0, 1, 2])
    with connection.makefile() as told:
        process, status = told.readline(), int(told.readline())
sys.exit(status if status >= 0 else 128 - status)
"""


class Forked:
    """A process that a nursery started; its status is minus the number of what killed it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._told = connection.makefile()
        self.pid = int(self._told.readline())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return its status, None while it runs."""
        return self._status(0)

    def wait(self, timeout: float | None = None) -> int:
        """Return its status once it has ended.

        Raises:
            TimeoutError: it has not.
        """
        status = self._status(timeout)
        if status is None:
            raise TimeoutError(f"process {self.pid} is still running")
        return status

    def kill(self) -> None:
        """Kill it, if it runs."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def _status(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._connection], [], [], timeout)[0]:
            with self._connection, self._told:
                self.returncode = int(self._told.readline())
        return self.returncode


class Nursery:
    """Starts processes that are what ``python`` would be, for Python and for shells.

    ``folder`` takes its socket, and the programs ``python`` and ``proxyless``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._address = str(folder / "socket")
        command = (sys.executable, SERVER, self._address)
        self._server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        while not (folder / "socket").exists():
            assert self._server.poll() is None, "the nursery could not start"
            time.sleep(0.01)
        self.python = self._write("python", [])
        self.proxyless = self._write("proxyless", ["-m", "proxyless"])

    def start(
        self, *arguments: object, output: IO[str] | None = None, **environment: str
    ) -> Forked:
        """Start ``python`` with arguments; it reads nothing, and writes to ``output``."""
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self._address)
        request = {
            "arguments": [str(argument) for argument in arguments],
            "folder": os.getcwd(),
            "environment": {**os.environ, **environment},
        }
        with open(os.devnull, "r+") as nothing:
            written = (output or nothing).fileno()
            line = json.dumps(request).encode() + b"\n"
            sent = socket.send_fds(connection, [line], [nothing.fileno(), written, written])
            connection.sendall(line[sent:])
        return Forked(connection)

    def call(self, function: Callable[..., object], *arguments: object) -> Forked:
        """Call a function of a module with what JSON can say."""
        code = f"import sys; sys.path[:] = {sys.path!r}; import {function.__module__} as module; "
        return self.start("-c", f"{code}module.{function.__name__}(*{json.dumps(arguments)})")

    def close(self) -> None:
        """Start no more; what runs runs on."""
        assert self._server.stdin is not None
        self._server.stdin.close()
        assert self._server.wait() == 0

    def _write(self, name: str, arguments: list[str]) -> Path:
        program = self.folder / name
        source = PROGRAM.format(python=sys.executable, arguments=arguments, address=self._address)
        program.write_text(source)
        program.chmod(0o755)
        return program
