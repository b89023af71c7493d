"""The interface of a runtime, which describes an inference engine and builds timed programs."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from search_spaces import Operation
from search_spaces.operations.registry import AnyOperation

from ..timing.device import Device, this_cpu
from ..timing.engines import random_images
from ..timing.measurement import Call as Call
from ..timing.settings import Settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Program:
    """A program to time: operations with random weights, or an existing model file."""

    key: str
    operations: tuple[AnyOperation, ...] = ()
    file: str = ""


class Runtime(ABC):
    """One inference engine on this machine.

    To add one: subclass one of the two classes below in its own file, and name it in
    ``latency.runtimes.RUNTIMES``, or as an entry point ``proxyless.runtimes`` of your package.
    ``package`` installs the engine; its version is recorded with measurements.
    """

    name: ClassVar[str]
    package: ClassVar[str]

    @property
    @abstractmethod
    def version(self) -> str:
        """Version of the engine; raises :class:`InputError` with the remedy if it is missing."""

    @property
    def device(self) -> Device:
        """The device that runs the programs."""
        return this_cpu()


class FileRuntime(Runtime):
    """An engine that runs model files.

    ``remote_engine``, as "package.module:function", opens the files on boards over SSH. Its module
    is sent as source, so it may only use Python 3.9, what ``package`` installs, and
    ``latency.timing``; the function has the arguments of :meth:`open`. This machine then uses it
    too, in a process that imports nothing else. Without it, files are opened by :meth:`open`, on
    this machine only.
    """

    suffix: ClassVar[str]
    remote_engine: ClassVar[str | None] = None

    @abstractmethod
    def lower(self, operations: Sequence[Operation], batch: int) -> bytes:
        """Return ``operations`` with random weights as the bytes of a float32 model file."""

    @abstractmethod
    def quantise(self, model: bytes, images: "Sequence[NDArray[np.float32]]") -> bytes:
        """Return an int8 version of a float32 model, calibrated on batches (batch, C, H, W)."""

    @abstractmethod
    def open(self, model: bytes, threads: int, batch: int) -> Call:
        """Open the bytes of a model file, with ``batch`` images if its batch is dynamic.

        Returns the call that is timed: it runs the model once, on its own input, and waits for the
        result. Any exception of the engine may be raised; its message is shown.
        """

    def dtype(self, model: bytes) -> str:
        """Return the numbers of a model file: ``int8`` if any part of it has them, or ``float32``.

        A runtime without int8 need not override this.
        """
        return "float32"

    def model(self, program: Program, settings: Settings) -> bytes:
        """Return a program as the bytes of a model file."""
        if not program.file:
            model = self.lower(program.operations, settings.batch)
            if settings.dtype == "float32":
                return model
            shape = (settings.batch, *program.operations[0].input_shape)
            return self.quantise(model, [random_images(shape)])
        from search_spaces.graphs.files import read_model  # imports onnx

        return read_model(Path(program.file))


class ModuleRuntime(Runtime):
    """An engine that runs PyTorch modules in a worker process."""

    @abstractmethod
    def prepare(self, operations: Sequence[Operation], settings: Settings) -> Call:
        """Build ``operations`` with random weights and input.

        Returns the call that is timed: it runs them once and waits for the result.
        """
