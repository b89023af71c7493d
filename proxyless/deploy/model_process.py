"""A model file open in a process of its own, with bounds of memory and time.

A stranger's file may hold a loop without an end, a constant that unfolds to all memory, or offsets
that crash the engine: what happens in the process stays there, and ends in a sentence here.
"""

import io
import signal
import subprocess
import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from latency.hosts.watched import OWN_GROUP, Watch, ends_with_caller, kill
from search_spaces import InputError, machine_memory
from search_spaces.outside import parse_json
from search_spaces.schema import parse

CHILD = Path(__file__).with_name("model_child.py")
RUN_FILE = "import runpy, sys; del sys.argv[0]; runpy.run_path(sys.argv[0], run_name='__main__')"
"""Runs the Python file that is the first argument, as its name on the command line would."""
SECONDS = 20.0
"""For opening a file, and for each run: one that takes longer could not be timed in a day."""
SECONDS_AN_IMAGE = 1.0
"""More for each image of a run: batches that tell an accuracy are large."""
SHARE = 0.8
"""Of the memory that is free, what a model may take."""
LONGEST_ANSWER = 2**20
"""Bytes of a line."""
LARGEST_ARRAY = 2**31
"""Bytes of an output."""

Array = NDArray[Any]


@dataclass(frozen=True)
class TensorDescription:
    """An input or output; a size of ``shape`` is None where the file leaves it open.

    Integers with a scale stand for (integer - zero) * scale.
    """

    name: str
    dtype: str
    shape: tuple[int | None, ...]
    scale: float | None = None
    zero: int | None = None
    index: int | None = None


@dataclass(frozen=True)
class ModelDescription:
    """What an engine says of a file.

    ``unfit`` says why it cannot be given random numbers, in which case it did not run and has no
    ``outputs``. ``kinds`` are the types of the numbers that a TFLite file computes with; ``memory``
    is what the file adds to a process, in bytes.
    """

    inputs: tuple[TensorDescription, ...]
    outputs: tuple[TensorDescription, ...]
    kinds: tuple[str, ...]
    arrays: int
    unfit: str | None = None
    memory: int | None = None


class ModelProcess:
    """A process in which a file is open, until the object is closed or forgotten.

    Raises:
        InputError: the file cannot be opened and run within the bounds; the sentence names it.
    """

    def __init__(self, path: Path, batch: int = 1) -> None:
        self._path = path
        allowance = max(int(SHARE * machine_memory.free()), 1)
        program = ends_with_caller() + RUN_FILE
        command = [sys.executable, "-P", "-c", program, str(CHILD), str(path), str(batch)]
        command += [str(allowance), str(SECONDS), str(SECONDS_AN_IMAGE)]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            **OWN_GROUP,
        )
        self._watch = Watch(self._process)
        self.close = weakref.finalize(self, _end, self._process, self._watch)
        self._watch.__enter__()
        answer = {"step": "begun"}
        while "step" in answer:  # begun, opened, run once, and so on
            with self._in_time(batch):
                answer = self._read_answer()
        self.description = parse(ModelDescription, answer, f"model {path}")

    def run(self, images: Array) -> list[Array]:
        """Return the model's outputs for a batch, as it takes and gives them."""
        given = io.BytesIO()
        np.save(given, images)
        assert self._process.stdin is not None
        with self._in_time(len(images)):
            with suppress(BrokenPipeError):  # the answer tells why
                self._process.stdin.write(len(given.getvalue()).to_bytes(8, "big"))
                self._process.stdin.write(given.getvalue())
                self._process.stdin.flush()
            count = self._read_answer()["arrays"]
            return [self._read_array() for _ in range(count)]

    @contextmanager
    def _in_time(self, images: int) -> Iterator[None]:
        """Leave the block the time of a run on so many images."""
        self._watch.wait_for(SECONDS + SECONDS_AN_IMAGE * images)
        try:
            yield
        finally:
            self._watch.wait_for(None)

    def _read_answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline(LONGEST_ANSWER)
        if not line.endswith(b"\n"):
            raise self._refusal()
        answer: dict[str, Any] = parse_json(line, f"model {self._path}: its description")
        if "failed" in answer:
            self.close()
            if answer["memory_out"]:
                raise InputError(self._too_large())
            raise InputError(
                f"model {self._path} is of no use: it cannot be {answer['doing']}: "
                f"{answer['failed']}"
            )
        return answer

    def _read_array(self) -> Array:
        assert self._process.stdout is not None
        length = int.from_bytes(self._process.stdout.read(8), "big")
        if not 0 < length <= LARGEST_ARRAY:
            raise self._refusal()
        content = self._process.stdout.read(length)
        if len(content) < length:
            raise self._refusal()
        array: Array = np.load(io.BytesIO(content))
        return array

    def _refusal(self) -> InputError:
        """Return the error for a process that ended without an answer."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        status = self._process.poll()
        self.close()
        if self._watch.expired or status == -getattr(signal, "SIGXCPU", 0):
            return InputError(
                f"model {self._path} is refused: opening it, or a run, took longer than "
                f"{SECONDS:g} s: use a smaller one, or one without endless loops"
            )
        if status == -signal.SIGKILL:
            return InputError(self._too_large())
        name = f"status {status}"
        if status is not None and status < 0:
            with suppress(ValueError):
                name = signal.Signals(-status).name
        return InputError(
            f"model {self._path} is refused: it crashes the process that opens it ({name}), as "
            "damaged files do, and those that use up the memory: take a copy that is whole"
        )

    def _too_large(self) -> str:
        return (
            f"model {self._path} is refused: it needs more memory than this machine has free: use "
            "a smaller one, or a larger machine"
        )


def _end(process: "subprocess.Popen[bytes]", watch: Watch) -> None:
    kill(process)
    for pipe in (process.stdin, process.stdout):
        with suppress(BrokenPipeError):
            assert pipe is not None
            pipe.close()
    process.wait()
    watch.__exit__(None, None, None)
