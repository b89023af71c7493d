"""A nursery starts Python programs quickly, as forks of a process with all imports done."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
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
    with connection.makefile() as messages:
        process, status = messages.readline(), messages.readline()
        status = int(status) if status else open({errors!r}).read()
if isinstance(status, str):
    sys.exit(status)
sys.exit(status if status >= 0 else 128 - status)
"""


class Forked:
    """A process that a nursery started; a negative status is the number of a fatal signal."""

    def __init__(self, connection: socket.socket, errors: Path) -> None:
        self._connection = connection
        self._messages = connection.makefile()
        self._errors = errors
        self.pid = self._read()
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit status, or None while the process runs."""
        return self._status(0)

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit status after the process has ended.

        Raises:
            TimeoutError: it is still running after ``timeout`` seconds.
        """
        status = self._status(timeout)
        if status is None:
            raise TimeoutError(f"process {self.pid} is still running")
        return status

    def kill(self) -> None:
        """Kill the process if it runs."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def _status(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._connection], [], [], timeout)[0]:
            with self._connection, self._messages:
                self.returncode = self._read()
        return self.returncode

    def _read(self) -> int:
        line = self._messages.readline()
        assert line, f"the nursery has ended: {self._errors.read_text()}"
        return int(line)


class Nursery:
    """Starts processes equivalent to ``python``, from Python and from shells.

    ``folder`` has the socket of a server, and the programs ``python`` and ``proxyless`` for shells.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._address = str(folder / "socket")
        self._errors = folder / "errors"

    @classmethod
    @contextmanager
    def open(cls) -> Iterator["Nursery"]:
        """Start a server, which imports at the first request; its programs outlive it."""
        with tempfile.TemporaryDirectory(
            prefix="nursery"
        ) as folder:  # paths of sockets must be short
            nursery = cls(Path(folder))
            nursery._write("python", [])
            nursery._write("proxyless", ["-m", "proxyless"])
            # One thread: on busy cores OpenMP's waiting would take longer than the work, and forks
            # would lack Arrow's background thread.
            single = {"OMP_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}
            environment = {**os.environ, **single}
            with socket.socket(socket.AF_UNIX) as listener, nursery._errors.open("w") as errors:
                listener.bind(nursery._address)
                listener.listen()  # connections are queued from now on
                number = listener.fileno()
                server = subprocess.Popen(
                    (sys.executable, SERVER, str(number)),
                    pass_fds=[number], stdin=subprocess.PIPE, stderr=errors, env=environment,
                )  # fmt: skip
            with server:
                yield nursery
            assert server.returncode == 0, nursery._errors.read_text()

    @property
    def python(self) -> Path:
        """The program ``python``."""
        return self.folder / "python"

    def start(
        self, *arguments: object, output: IO[str] | None = None, errors: IO[str] | None = None
    ) -> Forked:
        """Start ``python`` with arguments, without input, and with these output streams."""
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self._address)
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
        return Forked(connection, self._errors)

    def call(self, function: Callable[..., object], *arguments: object) -> Forked:
        """Call a module's function with JSON arguments; its standard error is the caller's."""
        code = f"import sys; sys.path[:] = {sys.path!r}; import {function.__module__} as module; "
        code += f"module.{function.__name__}(*{json.dumps(arguments)})"
        return self.start("-c", code, errors=sys.__stderr__)

    def _write(self, name: str, arguments: list[str]) -> None:
        source = PROGRAM.format(
            python=sys.executable,
            arguments=arguments,
            address=self._address,
            errors=str(self._errors),
        )
        program = self.folder / name
        program.write_text(source)
        program.chmod(0o755)
