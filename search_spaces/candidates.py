"""The candidates of a space's searched blocks: what its file says, and what that is at a place."""

from collections.abc import Iterable
from dataclasses import dataclass

from .definition_sections import Count, Kernel, check_kernel
from .errors import InputError
from .operations import MBConv, Operation, Place, Zero
from .operations.registry import OPERATIONS, get_operation
from .schema import STRICT


@dataclass(frozen=True)
class Candidates:
    """The choices of every searched block.

    They are MBConv expansions x kernels, then what ``operations`` (by kind) offer for the place,
    and zero if ``skip``. Expansions and kernels may be empty where there are operations.
    """

    __pydantic_config__ = STRICT
    expansions: tuple[Count, ...]
    kernels: tuple[Kernel, ...]
    skip: bool = True
    operations: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        lists: tuple[tuple[str, tuple[object, ...]], ...] = (
            ("expansions", self.expansions),
            ("kernels", self.kernels),
            ("operations", self.operations),
        )
        for name, values in lists:
            if not values and not self.operations and name != "operations":
                raise ValueError(f"{name} is empty")
            if len(set(values)) != len(values):
                raise ValueError(f"{name} {list(values)} names a value twice")
        for kind in self.operations:
            OPERATIONS.check(kind)
        for kernel in self.kernels:
            check_kernel(kernel)

    def at(self, place: Place, space: str) -> tuple[Operation, ...]:
        """Return the candidates of a block of the space called ``space``.

        Raises:
            InputError: a package offers one that does not fit, or two have the same label.
        """
        found: list[Operation] = [
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
            found += offered
        if place.skip and self.skip:
            found.append(Zero(place.in_channels, place.resolution))
        labels = [operation.label for operation in found]
        for label in labels:
            if labels.count(label) > 1:
                raise InputError(f"space {space}: two candidates of a block are called {label}")
        return tuple(found)


def _check_offered(kind: str, offered: Iterable[Operation], place: Place) -> None:
    """Refuse candidates of a package that do not fit where they are wanted."""
    wanted = (place.input_shape, place.output_shape)
    for operation in offered:
        shapes = (operation.input_shape, operation.output_shape)
        if shapes != wanted:
            raise InputError(
                f"operation {kind!r} offers {operation.label} from {shapes[0]} to {shapes[1]} "
                f"where {wanted[0]} to {wanted[1]} is wanted: mend or uninstall its package"
            )
        if operation.residual and not place.skip:
            raise InputError(
                f"operation {kind!r} offers {operation.label} with a residual where there can be "
                "none: mend or uninstall its package"
            )
