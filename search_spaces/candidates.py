"""The candidates of a space's searched blocks: their section of its file, and its expansion."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from .dimensions import MOST_OPERATIONS, Expansion, Kernel
from .errors import InputError
from .fields import check_fields
from .operations import MBConv, Operation, Place, Zero
from .operations.registry import OPERATIONS, get_operation
from .schema import STRICT

MOST_OFFERED = 1000
"""Candidates of a block that one operation class may offer."""


@dataclass(frozen=True)
class Candidates:
    """The choices of every searched block.

    They are MBConvs of every expansion and kernel, then the candidates that each operation class
    named in ``operations`` (by kind) offers for the block, and a zero operation if ``skip``.
    Expansions and kernels may be empty if ``operations`` is not.
    """

    __pydantic_config__ = STRICT
    expansions: tuple[Expansion, ...]
    kernels: tuple[Kernel, ...]
    skip: bool = True
    operations: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_fields(self)
        lists: tuple[tuple[str, tuple[object, ...]], ...] = (
            ("expansions", self.expansions),
            ("kernels", self.kernels),
            ("operations", self.operations),
        )
        for name, values in lists:
            if not values and not self.operations and name != "operations":
                raise ValueError(f"{name} is empty")
            if len(set(values)) != len(values):
                raise ValueError(f"{name} {list(values[:9])} names a value twice")
        for kind in self.operations:
            OPERATIONS.check(kind)

    def check_number(self, blocks: int) -> None:
        """Refuse more candidates in all blocks together than a space may have, before any is made.

        Raises:
            ValueError: there are too many.
        """
        most = len(self.expansions) * len(self.kernels) + len(self.operations) + self.skip
        if not blocks * most <= MOST_OPERATIONS:
            raise ValueError(
                f"{blocks:,} blocks of up to {most:,} candidates are more than the "
                f"{MOST_OPERATIONS:,} operations that a space may have: take fewer blocks, "
                "expansions or kernels"
            )

    def at(self, place: Place, space: str) -> tuple[Operation, ...]:
        """Return the candidates of a block of the space called ``space``.

        Raises:
            InputError: a package offers one that does not fit, or two have the same label.
        """
        candidates: list[Operation] = [
            MBConv(
                place.in_channels, place.out_channels, kernel, place.stride, expansion,
                place.resolution, place.skip, place.activation, place.norm,
            )
            for expansion in self.expansions
            for kernel in self.kernels
        ]  # fmt: skip
        for kind in self.operations:
            offered = get_operation(kind).candidates(place)
            _check_offered(kind, offered, place)
            candidates += offered
        if place.skip and self.skip:
            candidates.append(Zero(place.in_channels, place.resolution))
        for label, count in Counter(operation.label for operation in candidates).items():
            if count > 1:
                raise InputError(f"space {space}: two candidates of a block are called {label}")
        return tuple(candidates)


def _check_offered(kind: str, offered: Sequence[Operation], place: Place) -> None:
    """Refuse candidates offered by a package whose shapes do not fit the block."""
    if len(offered) > MOST_OFFERED:
        raise InputError(
            f"operation {kind!r} offers {len(offered):,} candidates for a block, more than "
            f"{MOST_OFFERED}: mend or uninstall its package"
        )
    expected = (place.input_shape, place.output_shape)
    for operation in offered:
        shapes = (operation.input_shape, operation.output_shape)
        if shapes != expected:
            raise InputError(
                f"operation {kind!r} offers {operation.label} from {shapes[0]} to {shapes[1]} "
                f"where {expected[0]} to {expected[1]} is wanted: mend or uninstall its package"
            )
        if operation.residual and not place.skip:
            raise InputError(
                f"operation {kind!r} offers {operation.label} with a residual where there can be "
                "none: mend or uninstall its package"
            )
