"""The interface every runtime has: say what it is, and build what is timed."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from search_spaces import Operation

from ..device import Device, this_cpu
from ..engines import random_images
from ..measure import Call as Call
from ..settings import Settings

if TYPE_CHECKING:
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
    ``latency.runtimes.RUNTIMES``.
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
    """An engine that runs model files; ``latency.engines`` opens them, here and far away."""

    suffix: ClassVar[str]

    @abstractmethod
    def lower(self, operations: Sequence[Operation], batch: int) -> bytes:
        """Return ``operations`` with random weights as the bytes of a float32 model file."""

    @abstractmethod
    def quantise(self, model: bytes, images: "Sequence[NDArray[Any]]") -> bytes:
        """Return a float32 model file made int8, calibrated on batches (batch, C, H, W)."""

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
