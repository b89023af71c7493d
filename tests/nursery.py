"""Programs that start at once: forks of a process that has imported everything already."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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

    ``folder`` has the socket of a server, and programs that shells find: ``python``, ``proxyless``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._address = str(folder / "socket")

    @classmethod
    @contextmanager
    def open(cls) -> Iterator["Nursery"]:
        """Start a server, which imports nothing before it is asked; what it has started runs on."""
        with tempfile.TemporaryDirectory(prefix="nursery") as folder:  # sockets want short paths
            nursery = cls(Path(folder))
            nursery._write("python", [])
            nursery._write("proxyless", ["-m", "proxyless"])
            command = (sys.executable, SERVER, nursery._address)
            # One thread: on busy cores OpenMP's waiting would take longer than the work.
            environment = {**os.environ, "OMP_NUM_THREADS": "1"}
            with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) as server:
                yield nursery
            assert server.returncode == 0

    @property
    def python(self) -> Path:
        """The program ``python``."""
        return self.folder / "python"

    def start(
        self, *arguments: object, output: IO[str] | None = None, errors: IO[str] | None = None
    ) -> Forked:
        """Start ``python`` with arguments; it reads nothing, and writes where it is told to."""
        connection = socket.socket(socket.AF_UNIX)
        while connection.connect_ex(self._address):
            time.sleep(0.01)  # it has not started yet
        request = {
            "arguments": [str(argument) for argument in arguments],
            "folder": os.getcwd(),
            "environment": dict(os.environ),
        }
        line = json.dumps(request).encode() + b"\n"
        with open(os.devnull, "r+") as nothing:
            streams = [(stream or nothing).fileno() for stream in (None, output, errors)]
            sent = socket.send_fds(connection, [line], streams)
            connection.sendall(line[sent:])
        return Forked(connection)

    def call(self, function: Callable[..., object], *arguments: object) -> Forked:
        """Call a function of a module with what JSON can say; its errors are the caller's."""
        code = f"import sys; sys.path[:] = {sys.path!r}; import {function.__module__} as module; "
        code += f"module.{function.__name__}(*{json.dumps(arguments)})"
        return self.start("-c", code, errors=sys.__stderr__)

    def _write(self, name: str, arguments: list[str]) -> None:
        source = PROGRAM.format(python=sys.executable, arguments=arguments, address=self._address)
        program = self.folder / name
        program.write_text(source)
        program.chmod(0o755)
