"""The interface every runtime has: prepare a program, then call it."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from search_spaces import InputError
from search_spaces.operation import Operation

from ..device import Device, this_cpu
from ..measure import Call
from ..settings import Settings


@dataclass(frozen=True)
class Program:
    """Something to time: operations with random weights, or a file as it stands."""

    key: str
    operations: tuple[Operation, ...] = ()
    file: str = ""


class Runtime(ABC):
    """One inference engine on this machine.

    To add one: subclass it in a file of its own, and name it in ``latency.runtimes.RUNTIMES``.
    """

    name: ClassVar[str]
    package: ClassVar[str]
    suffix: ClassVar[str] = ""

    @property
    @abstractmethod
    def version(self) -> str:
        """Version of the engine; :class:`InputError` with the mend where it is missing."""

    @property
    def device(self) -> Device:
        """What the programs run on."""
        return this_cpu()

    @abstractmethod
    def prepare_operations(self, operations: Sequence[Operation], settings: Settings) -> Call:
        """Build ``operations`` with random weights and input; return the call to time."""

    def lower(self, operations: Sequence[Operation], settings: Settings) -> bytes:
        """Return ``operations`` with random weights as the bytes of a file this runtime runs."""
        raise InputError(
            f"runtime {self.name} runs no files, so nothing can be sent to another device: "
            "choose onnxruntime or litert, or profile on the device itself"
        )

    def model(self, program: Program, settings: Settings) -> bytes:
        """Return a program as the bytes of a file this runtime runs."""
        if program.file:
            return Path(program.file).read_bytes()
        return self.lower(program.operations, settings)

    def prepare_file(self, path: Path, settings: Settings) -> Call:
        """Open a file and random input for it; return the call to time."""
        raise InputError(f"runtime {self.name} cannot open {path}: it runs no files")

    def prepare(self, program: Program, settings: Settings) -> Call:
        """Return the call that runs ``program`` once and waits for its result."""
        if program.file:
            return self.prepare_file(Path(program.file), settings)
        return self.prepare_operations(program.operations, settings)
