"""A Linux board over SSH: protocol and models are sent to it, measurements are sent back.

A plan takes one connection of the OpenSSH client and one new Python process on the board, which
needs only an engine's package: the measuring modules of this package are sent as source.
"""

import os
import shlex
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from typing import Any, Self
from urllib.parse import urlsplit

from search_spaces import InputError

from ..runtimes import FileRuntime, Program, available_runtimes, get_runtime, get_version
from ..timing.device import Device
from ..timing.measurement import Measurement, MeasurementPlan
from ..timing.settings import Settings
from . import limits
from .base import Host, connection_lost
from .bootstrap import OLDEST
from .conversation import (
    LOADER,
    BrokenOffError,
    SilentError,
    converse,
    description_request,
    measurement_request,
)
from .messages import DescriptionReplies, Facts, PlanReplies, Replies
from .words import words

OPTIONS_VARIABLE = "PROXYLESS_SSH_OPTIONS"
"""Environment variable with options for ``ssh``, as on its command line (``-F FILE`` and so on)."""
OPTIONS = ("BatchMode=yes", "ConnectTimeout=15", "ServerAliveInterval=15", "ServerAliveCountMax=4")
SSH_FAILED = 255
"""Exit status of ``ssh`` for its own errors; any other is that of the remote command."""


class SshHost(Host):
    """A machine that ``ssh`` reaches without asking for a password.

    ``python`` is a command for the shell of the account there, as it stands: ``~`` and variables
    mean what they mean there, and so does everything else that a shell obeys.
    """

    def __init__(self, address: str, port: int | None = None, python: str = "python3") -> None:
        self.address = address
        self.port = port
        self.python = python
        self._facts: dict[str, Facts] = {}

    @classmethod
    def at(cls, url: str, python: str = "python3") -> Self:
        """Return the host at ``ssh://[user@]host[:port]``.

        Raises:
            InputError: the URL has no host, a bad port, a password, or more than an address.
        """
        mend = "give ssh://user@host or ssh://user@host:port"
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise InputError(f"device {url!r} is no address ({error}): {mend}") from None
        if parts.password is not None:
            raise InputError("an ssh:// address holds no password: let ssh use a key")
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise InputError(f"device {url!r} has more than an address in it: {mend}")
        host = parts.netloc.rpartition("@")[2]
        if port is not None:
            host = host.rpartition(":")[0]
        host = host.strip("[]")
        if not host or host.startswith("-"):
            raise InputError(f"device {url!r} names no host: {mend}")
        user = f"{parts.username}@" if parts.username else ""
        return cls(f"{user}{host}", port, python)

    def __str__(self) -> str:
        return self.address if self.port is None else f"{self.address}:{self.port}"

    def version(self, runtime: str) -> str:
        """Return the version of the engine's package on the board."""
        return self._describe(runtime).version

    def device(self, runtime: str) -> Device:
        """Return the board's processor."""
        return self._describe(runtime).device

    def libraries(self, runtime: str) -> dict[str, str]:
        """Return versions of the engine, numpy and Python on the board."""
        return self._describe(runtime).libraries

    def measure(
        self, runtime: str, programs: Sequence[Program], settings: Settings, plan: MeasurementPlan
    ) -> Iterator[Measurement]:
        """Carry out a plan in a new process on the board, yielding each measurement at once."""
        sent = measurement_request(self._engine(runtime), programs, settings, plan)
        seconds = limits.measurement_seconds(settings, len(plan.keys))
        for kind, content in self._talk(runtime, sent, PlanReplies(plan), seconds):
            if kind == "measurement":
                yield content

    def _describe(self, runtime: str) -> Facts:
        if runtime not in self._facts:
            engine = self._engine(runtime)
            request = description_request(engine)
            replies = DescriptionReplies((engine.package, "numpy"))
            told = [
                content
                for kind, content in self._talk(runtime, request, replies, limits.GREETING_SECONDS)
                if kind == "facts"
            ]
            (self._facts[runtime],) = told
        return self._facts[runtime]

    def _engine(self, runtime: str) -> FileRuntime:
        engine = get_runtime(runtime)
        if not isinstance(engine, FileRuntime) or engine.remote_engine is None:
            raise InputError(
                f"runtime {runtime} cannot be profiled over SSH: choose one of "
                f"{', '.join(_with_remote_engine())}, or install proxyless on {self} and profile "
                "there"
            )
        get_version(
            engine
        )  # raises if the package is missing: it lowers the graphs on this machine
        return engine

    def _talk(
        self, runtime: str, sent: Iterable[bytes], replies: Replies, seconds: float
    ) -> Iterator[tuple[str, Any]]:
        """Yield the board's messages for one request; raise if it fails or ends early."""
        try:
            with closing(converse(self._command(), sent, replies, str(self), seconds)) as talk:
                for kind, content in talk:
                    self._refuse(runtime, kind, content)
                    yield kind, content
        except BrokenOffError as end:
            raise InputError(self._broken(runtime, end)) from None
        except SilentError as end:
            raise InputError(connection_lost(str(self), str(end))) from None
        except FileNotFoundError:
            raise InputError("there is no program `ssh` here: install the OpenSSH client") from None

    def _command(self) -> list[str]:
        fixed_options = [part for option in OPTIONS for part in ("-o", option)]
        port = [] if self.port is None else ["-p", str(self.port)]
        try:
            user_options = shlex.split(os.environ.get(OPTIONS_VARIABLE, ""))
        except ValueError as error:
            raise InputError(f"{OPTIONS_VARIABLE} cannot be read as options: {error}") from None
        remote = f"{self.python} -c {shlex.quote(LOADER)}"
        # ssh uses the first value of an option that is given twice.
        return ["ssh", "-T", *user_options, *fixed_options, *port, "--", self.address, remote]

    def _refuse(self, runtime: str, kind: str, content: Any) -> None:
        python = self.python
        match kind:
            case "old python":
                oldest = ".".join(map(str, OLDEST))
                raise InputError(
                    f"{python} on {self} is Python {content}: {oldest} or newer is needed there, "
                    "name another one with `remote_python`"
                )
            case "no linux":
                raise InputError(
                    f"{self} runs {words(content)}, and only Linux is profiled over SSH: install "
                    "proxyless there and profile on it"
                )
            case "no package":
                raise InputError(
                    f"{python} on {self} has no package {content}, which runtime {runtime} needs: "
                    f"install it there with `{python} -m pip install {content}`, or name another "
                    "Python with `remote_python`"
                )
            case "failed":
                reason = words(content) or "it gives no reason"
                raise InputError(f"runtime {runtime} failed on {self} while measuring: {reason}")

    def _broken(self, runtime: str, end: BrokenOffError) -> str:
        reason = end.last_line or f"ssh {end}"
        killed_by_signal = end.status < 0
        if end.started and (killed_by_signal or end.status == SSH_FAILED):
            return connection_lost(str(self), reason)
        if end.started:
            return f"runtime {runtime} failed on {self} while measuring: {reason}"
        if end.status == SSH_FAILED:
            return (
                f"{self} cannot be reached ({reason}): see that "
                f"`ssh {self._ssh_destination()} true` works "
                "without asking for anything"
            )
        return (
            f"{self.python} cannot be started on {self} ({reason}): name a Python there with "
            "`remote_python`"
        )

    def _ssh_destination(self) -> str:
        return self.address if self.port is None else f"-p {self.port} {self.address}"


def _with_remote_engine() -> Iterator[str]:
    """Yield the runtimes whose engine can be sent to a board."""
    for name, runtime in available_runtimes().items():
        if isinstance(runtime, FileRuntime) and runtime.remote_engine is not None:
            yield name
