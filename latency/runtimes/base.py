"""The interface every runtime has: say what it is, and build what is timed."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from search_spaces import Operation

from ..timing.device import Device, this_cpu
from ..timing.engines import random_images
from ..timing.measurement import Call as Call
from ..timing.settings import Settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Program:
    """Something to time: operations with random weights, or a file as it stands."""

    key: str
    operations: tuple[Operation, ...] = ()
    file: str = ""


class Runtime(ABC):
    """One inference engine on this machine.

    To add one: subclass one of the two kinds below in a file of its own, and name it in
    ``latency.runtimes.RUNTIMES``, or as an entry point ``proxyless.runtimes`` of a package of your
    own. ``package`` is what installs the engine; its version is recorded with what it measures.
    """

    name: ClassVar[str]
    package: ClassVar[str]

    @property
    @abstractmethod
    def version(self) -> str:
        """Version of the engine; :class:`InputError` with the mend where it is missing."""

    @property
    def device(self) -> Device:
        """What the programs run on."""
        return this_cpu()


class FileRuntime(Runtime):
    """An engine that runs model files.

    ``remote_engine``, as "package.module:function", is what boards over SSH open the files with:
    its module is sent there as source, so Python 3.9, what ``package`` installs, and
    ``latency.timing`` are all it may import, and the function takes what :meth:`open` takes. This
    machine then uses it too, in a process that imports nothing else. Without it, files are opened
    by :meth:`open`, on this machine only.
    """

    suffix: ClassVar[str]
    remote_engine: ClassVar[str | None] = None

    @abstractmethod
    def lower(self, operations: Sequence[Operation], batch: int) -> bytes:
        """Return ``operations`` with random weights as the bytes of a float32 model file."""

    @abstractmethod
    def quantise(self, model: bytes, images: "Sequence[NDArray[np.float32]]") -> bytes:
        """Return a float32 model file made int8, calibrated on batches (batch, C, H, W)."""

    @abstractmethod
    def open(self, model: bytes, threads: int, batch: int) -> Call:
        """Open the bytes of a model file, with ``batch`` images where the file leaves that open.

        Returns the call that is timed: it runs the model once, on input of its own, and waits for
        the result. Raises whatever the engine raises; its words are shown.
        """

    def dtype(self, model: bytes) -> str:
        """Return what a model file computes in: ``int8`` where any of it does, or ``float32``.

        A runtime without int8 has nothing to write here.
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
        from search_spaces.graphs.files import read_model  # and with it onnx

        return read_model(Path(program.file))


class ModuleRuntime(Runtime):
    """An engine that runs modules in a process of ours."""

    @abstractmethod
    def prepare(self, operations: Sequence[Operation], settings: Settings) -> Call:
        """Build ``operations`` with random weights and input.

        Returns the call that is timed: it runs them once and waits for the result.
        """
