"""Communication with a runner: its input, and its messages."""

import json
import subprocess
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import suppress
from importlib.abc import InspectLoader
from importlib.util import find_spec
from threading import Thread
from typing import IO, Any

from search_spaces import InputError

from ..runtimes import FileRuntime, Program
from ..timing.measurement import MeasurementPlan
from ..timing.settings import Settings
from . import bootstrap, limits
from .bootstrap import MARK
from .messages import Replies, read_message
from .runner import Job
from .watched import OWN_GROUP, PIECE, Drain, Watch, kill
from .words import last_line

MODULES = (
    "latency.timing.measurement",
    "latency.timing.device",
    "latency.timing.engines",
    "latency.hosts.bootstrap",
)
"""Modules that are sent, in import order, before the engine's module if that is another one."""
RUNNER = "latency.hosts.runner"
"""The module that is sent last and run."""
LAST = ("finished", "failed", "old python", "no linux", "no package")
"""Kinds of messages after which a runner has nothing more to say."""
ENDING_SECONDS = 10.0
"""For a process that has said its last message, or has closed its output, to end by itself."""
LOADER = "import sys; exec(sys.stdin.buffer.read(int(sys.stdin.buffer.readline())))"
"""The code that Python is started with by its option ``-c``."""


class BrokenOffError(Exception):
    """The runner's process ended without the message that it has finished.

    ``started`` is whether the runner sent any message, ``status`` the exit status of its process,
    ``errors`` its standard error.
    """

    def __init__(self, started: bool, status: int, errors: str) -> None:
        super().__init__(f"ended with status {status}")
        self.started = started
        self.status = status
        self.last_line = last_line(errors).rstrip(".")


class SilentError(Exception):
    """The runner said nothing for so long that its process was ended."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no answer in {seconds:.0f} s")


def converse(
    command: Sequence[str],
    sent: Iterable[bytes],
    replies: Replies,
    name: str,
    seconds: float | None = None,
) -> Generator[tuple[str, Any]]:
    """Start a runner, send it its job, and yield kind and content of its messages.

    A measurement is acknowledged when the caller requests the next message, after storing it.

    Args:
        command: what starts the runner.
        sent: its input.
        replies: what it may say; its last message is that it has finished or failed.
        name: who it is, in sentences.
        seconds: how long the next message may be waited for, once it has begun; None waits as long
            as the process runs. Its first message must come in :data:`limits.GREETING_SECONDS`.

    Raises:
        BrokenOffError: the process ended without the message that it has finished.
        SilentError: it said nothing in ``seconds``.
        InputError: it said what it may not, or too much.
        FileNotFoundError: there is no such command.
    """
    errors = Drain(limits.ERRORS_KEPT)
    try:
        runner = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors.write_end,
            **OWN_GROUP,
        )
    finally:
        errors.started()
    with runner, Watch(runner) as watch:
        talk = _Talk(runner, watch, name, seconds)
        try:
            talk.send(sent)
            for kind, content in talk.messages():
                try:
                    checked = replies.check(kind, content)
                except ValueError as wrong:
                    raise InputError(_refused(name, str(wrong))) from None
                watch.wait_for(None)
                yield kind, checked
                if kind in LAST:
                    break
                if kind == "measurement":
                    talk.acknowledge()
            talk.end()
        finally:
            talk.close()
    if talk.failure is not None:
        raise talk.failure
    if watch.expired:
        raise SilentError(watch.seconds)
    if talk.last != "finished":
        raise BrokenOffError(bool(talk.last), runner.returncode, errors.text(ENDING_SECONDS))


class _Talk:
    """The two directions of a conversation; ``last`` is the kind of the last message."""

    def __init__(
        self,
        runner: "subprocess.Popen[bytes]",
        watch: Watch,
        name: str,
        seconds: float | None,
    ) -> None:
        assert runner.stdin is not None
        assert runner.stdout is not None
        self._runner = runner
        self._input: IO[bytes] = runner.stdin
        self._output: IO[bytes] = runner.stdout
        self._watch = watch
        self._name = name
        self._seconds = seconds
        self._sender: Thread | None = None
        self.last = ""
        self.failure: BaseException | None = None

    @property
    def patience(self) -> float | None:
        """Seconds that the next message may be waited for."""
        if self._seconds is None:
            return None
        return self._seconds if self.last else min(self._seconds, limits.GREETING_SECONDS)

    def send(self, parts: Iterable[bytes]) -> None:
        """Begin to write the job, while messages are read: neither side waits for the other.

        An error of ``parts`` ends the process, and is kept as ``failure``.
        """

        def work() -> None:
            try:
                self._write(parts)
            except BaseException as error:  # raised where the conversation ends
                self.failure = error
                kill(self._runner)

        self._sender = Thread(target=work, daemon=True)
        self._sender.start()

    def _write(self, parts: Iterable[bytes]) -> None:
        """Write a piece at a time, each of which may take long over a slow line."""
        seconds = None if self._seconds is None else limits.TRANSFER_SECONDS
        with suppress(BrokenPipeError):  # the cause is read from the messages
            for part in parts:
                for start in range(0, len(part), PIECE):
                    self._watch.wait_for(seconds)
                    self._input.write(part[start : start + PIECE])
                    self._watch.wait_for(None)
            self._watch.wait_for(seconds)
            self._input.flush()
        self._watch.wait_for(self.patience)

    def acknowledge(self) -> None:
        """Tell the runner that a measurement has arrived."""
        self._watch.wait_for(self.patience)
        with suppress(BrokenPipeError):
            self._input.write(b"\n")
            self._input.flush()

    def messages(self) -> Iterator[tuple[str, Any]]:
        """Yield validated messages; other lines are passed over."""
        chatter = 0
        self._watch.wait_for(self.patience)
        while line := self._output.readline(limits.LINE_LIMIT + 1):
            if not line.endswith(b"\n"):
                if len(line) > limits.LINE_LIMIT:
                    raise InputError(
                        _refused(self._name, f"wrote a line of more than {limits.LINE_LIMIT} bytes")
                    )
                return  # the connection was cut in the middle of a line
            if not line.startswith(MARK.encode()):
                chatter += len(line)
                if chatter > limits.CHATTER_LIMIT:
                    raise InputError(
                        _refused(self._name, f"wrote {chatter} bytes that are no message")
                    )
                continue
            kind, content = read_message(line, f"a message of {self._name}")
            if (kind == "started") == bool(self.last):
                order = "twice" if self.last else f"only after {kind!r}"
                raise InputError(_refused(self._name, f"started {order}"))
            self.last = kind
            yield kind, content
            self._watch.wait_for(self.patience)

    def end(self) -> None:
        """Let the process end by itself, if it does so soon."""
        self._watch.wait_for(None)
        if self._sender is not None and self._sender.is_alive():
            self._sender.join(ENDING_SECONDS)
        if self._sender is not None and not self._sender.is_alive():
            with suppress(OSError):
                self._input.close()
            with suppress(subprocess.TimeoutExpired):
                self._runner.wait(ENDING_SECONDS)

    def close(self) -> None:
        """End the process, and with it whatever waits for it."""
        kill(self._runner)
        if self._sender is not None:
            self._sender.join()
        with suppress(OSError):
            self._input.close()


def _refused(name: str, reason: str) -> str:
    return (
        f"{name} {reason}, which no runner of this release does: see what answers there; what was "
        "measured before is in the table"
    )


def description_request(runtime: FileRuntime) -> Iterator[bytes]:
    """Yield the input of a runner that describes its machine and engine: sources and request."""
    yield from _sources(MODULES)
    yield _line({"describe": runtime.package})


def measurement_request(
    runtime: FileRuntime, programs: Sequence[Program], settings: Settings, plan: MeasurementPlan
) -> Iterator[bytes]:
    """Yield the input of a runner that carries out a plan: its sources, the job and the models.

    Raises:
        InputError: the source of the module in the runtime's ``remote_engine`` is not found.
    """
    engine = runtime.remote_engine
    assert engine is not None  # checked by the caller
    taking_part = [program for program in programs if program.key in plan.keys]
    yield from _sources(dict.fromkeys((*MODULES, engine.partition(":")[0])))
    job = Job(
        engine=engine,
        threads=settings.threads,
        batch=settings.batch,
        process=plan.process,
        measurements=sorted(plan.measurements),
        models=len(taking_part),
    )
    yield _line(job)
    for program in taking_part:
        model = runtime.model(program, settings)
        yield _line([program.key, len(model)])
        yield model


def _sources(modules: Iterable[str]) -> Iterator[bytes]:
    """Yield the loader and the sources of modules, the last of which is run."""
    sources = {name: _source(name) for name in (*modules, RUNNER)}
    loader = (sources[bootstrap.__name__] + "\nstart()\n").encode()
    yield f"{len(loader)}\n".encode() + loader
    yield _line(list(sources.items()))


def _source(module: str) -> str:
    """Return a module's source, importing only the packages that contain it."""
    try:
        spec = find_spec(module)
    except ImportError:
        spec = None
    source = (
        spec.loader.get_source(module) if spec and isinstance(spec.loader, InspectLoader) else None
    )
    if source is None:
        raise InputError(
            f"the source of module {module}, which boards are to be sent, is not here: correct "
            "`remote_engine` of the runtime that names it"
        )
    return source


def _line(content: object) -> bytes:
    return json.dumps(content).encode() + b"\n"
