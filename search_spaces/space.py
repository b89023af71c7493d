"""A search space: fixed operations, and blocks that each hold the candidates to choose from."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from .layer import Shape
from .operations.base import Operation


@dataclass(frozen=True)
class Block:
    """One decision of the search: exactly one of ``candidates`` is built."""

    stage: int
    candidates: tuple[Operation, ...]

    @property
    def output_shape(self) -> Shape:
        """(channels, height, width): the same for every candidate."""
        channels, height, width = self.candidates[0].output_shape
        return channels, height, width


@dataclass(frozen=True)
class Space:
    """Every network that can be built, for one input and one number of classes.

    A network is ``before``, then one candidate of each of ``blocks``, then ``after``.
    """

    name: str
    before: tuple[Operation, ...]
    blocks: tuple[Block, ...]
    after: tuple[Operation, ...]

    @property
    def input_shape(self) -> Shape:
        """(channels, height, width) of one image."""
        return self.before[0].input_shape

    @property
    def classes(self) -> int:
        """Number of logits."""
        (classes,) = self.after[-1].output_shape
        return classes

    @cached_property
    def size(self) -> int:
        """Number of different networks."""
        return math.prod(len(block.candidates) for block in self.blocks)

    @property
    def fixed(self) -> tuple[Operation, ...]:
        """The operations that every network of the space has."""
        return (*self.before, *self.after)

    def keeping(self, keep: Callable[[Operation], bool]) -> Self:
        """Return the space with the candidates that ``keep`` accepts; a block may become empty."""
        blocks = tuple(
            replace(block, candidates=tuple(filter(keep, block.candidates)))
            for block in self.blocks
        )
        return replace(self, blocks=blocks)

    def operations(self) -> tuple[Operation, ...]:
        """Every distinct operation that takes time, in order of first appearance."""
        taking_time = (operation for operation in self.all_operations() if not operation.free)
        return tuple({operation.key: operation for operation in taking_time}.values())

    def all_operations(self) -> Iterator[Operation]:
        """Yield every operation: the fixed ones, and the candidates of all blocks."""
        yield from self.before
        for block in self.blocks:
            yield from block.candidates
        yield from self.after
