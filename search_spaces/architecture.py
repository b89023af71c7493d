"""One network of a space: the chosen operation of every block, and the fixed parts around them."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from .dimensions import MOST_OPERATIONS
from .errors import InputError
from .files import write_atomically
from .memory import check_memory, weight_memory
from .numbers import Name
from .operations.base import Operation
from .operations.registry import AnyOperation
from .outside import parse_json
from .published_network import is_net_config, published_operations
from .schema import STRICT, check_format, dump, parse, read_json
from .space import Space

if TYPE_CHECKING:
    from .modules import Network

FORMAT = "proxyless.architecture"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class Architecture:
    """A network as data: its operations in order, zeros included, so that blocks match the space's.

    The JSON holds every constant of every operation, so it loads back to the identical network
    even if the definition of its space has changed since.
    """

    __pydantic_config__ = STRICT
    name: Name
    space: Name
    operations: tuple[AnyOperation, ...]

    def __post_init__(self) -> None:
        if len(self.operations) > MOST_OPERATIONS:
            raise ValueError(
                f"{len(self.operations):,} operations are more than the {MOST_OPERATIONS:,} that a "
                "network may have"
            )
        if not self.operations or len(self.operations[-1].output_shape) != 1:
            raise ValueError("operations do not end in a classifier")
        for number, (operation, following) in enumerate(
            zip(self.operations, self.operations[1:], strict=False), 1
        ):
            if operation.output_shape != following.input_shape:
                raise ValueError(
                    f"operation {number} puts out {operation.output_shape}, "
                    f"operation {number + 1} takes {following.input_shape}"
                )

    @classmethod
    def choose(cls, space: Space, choices: Sequence[int], name: str = "") -> Self:
        """Take candidate ``choices[i]`` of the space's block ``i``."""
        if len(choices) != len(space.blocks):
            raise InputError(f"{len(choices)} choices for the {len(space.blocks)} blocks")
        chosen = [
            block.candidates[choice] for block, choice in zip(space.blocks, choices, strict=True)
        ]
        return cls(name or space.name, space.name, (*space.before, *chosen, *space.after))

    @classmethod
    def random(cls, space: Space, generator: random.Random, name: str = "") -> Self:
        """Draw a network of the space at random, all networks equally likely."""
        choices = [generator.randrange(len(block.candidates)) for block in space.blocks]
        return cls.choose(space, choices, name)

    @property
    def labels(self) -> tuple[str, ...]:
        """The operations by the names of the literature, such as ``MB3_5x5`` and ``zero``."""
        return tuple(operation.label for operation in self.operations)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """(channels, height, width) of one image."""
        return self.operations[0].input_shape

    @property
    def classes(self) -> int:
        """Number of logits."""
        (classes,) = self.operations[-1].output_shape
        return classes

    @cached_property
    def parameters(self) -> int:
        """Learnable numbers of the network."""
        return sum(operation.parameters for operation in self.operations)

    @cached_property
    def macs(self) -> int:
        """Multiply-accumulates for one image."""
        return sum(operation.macs for operation in self.operations)

    @property
    def active(self) -> tuple[Operation, ...]:
        """The operations that are built: all but the zeros."""
        return tuple(operation for operation in self.operations if not operation.free)

    def build(self) -> "Network":
        """Return the network as a plain module with fresh weights.

        Raises:
            InputError: its weights alone are more than the memory of this machine.
        """
        from .modules import Network

        check_memory(weight_memory(self.operations), f"architecture {self.name}")

        return Network(self.operations)

    def to_json(self) -> str:
        """Return the architecture as JSON text."""
        return json.dumps({"format": FORMAT, "version": FORMAT_VERSION, **dump(self)}, indent=1)

    @classmethod
    def from_json(cls, text: str, what: str = "architecture") -> Self:
        """Read the JSON text of :meth:`to_json`; ``what`` names it in an :class:`InputError`."""
        return cls._of(parse_json(text, what), what)

    def save(self, path: Path | str) -> None:
        """Write the JSON file atomically."""
        write_atomically(Path(path), f"{self.to_json()}\n".encode())

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read a JSON file: ours, or a ``net.config`` (see :mod:`.published_network`)."""
        return cls._of(read_json(Path(path), "architecture"), str(path))

    @classmethod
    def _of(cls, data: object, what: str) -> Self:
        if is_net_config(data):
            assert isinstance(data, dict)  # it is, if it is one
            operations = published_operations(data, what)
            name = data.get("name", "")
            if not isinstance(name, str) or len(name) > 300:
                raise InputError(f"{what}, net.config: its name is no text: name the network")
            return cls(name, "net.config", operations)
        return parse(cls, check_format(data, FORMAT, FORMAT_VERSION, what), what)
