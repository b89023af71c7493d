"""Comparison of two profiles: which operations are relatively faster on one of two devices.

A device may be faster as a whole, but the choice of a network depends on relative latencies. So
each ratio of two latencies is divided by the geometric mean of all ratios.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from search_spaces import InputError, Operation

from ..prediction.predictor import Predictor
from ..tables.records import ProfileInfo
from ..tables.table import Table


@dataclass(frozen=True)
class ComparedOperation:
    """What an operation adds to a network in each of the two profiles (ms).

    ``relative_ratio`` is there / here, divided by the geometric mean ratio of all operations:
    below 1 the operation is relatively fast there, above 1 relatively slow.
    """

    key: str
    label: str
    here_ms: float
    there_ms: float
    relative_ratio: float


@dataclass(frozen=True)
class ComparedFamily:
    """Geometric mean of the relative ratios of operations with a common property."""

    family: str
    operations: int
    relative_ratio: float


@dataclass(frozen=True)
class Difference:
    """The comparison of two profiles; operations are sorted by relative ratio.

    ``ratio`` is the geometric mean of there / here; ``left_out`` names operations that one profile
    lacks, or whose latency in one does not exceed the call overhead.
    """

    here: ProfileInfo
    there: ProfileInfo
    ratio: float
    operations: tuple[ComparedOperation, ...]
    families: tuple[ComparedFamily, ...]
    left_out: tuple[str, ...]


def compare(here: Predictor, there: Predictor) -> Difference:
    """Compare what operations add to networks on two devices, runtimes or settings.

    Raises:
        InputError: the profiles have no operation in common, or are the same profile.
    """
    if here.path.resolve() == there.path.resolve() and here.info == there.info:
        raise InputError(
            f"both sides are {here.info} in table {here.path}: name another table, or another "
            "profile with `other_runtime`, `other_device`, `other_threads` or "
            "`other_batch`"
        )
    sides = [_costs(here), _costs(there)]
    all_operations = {key: operation for side in sides for key, (operation, _) in side.items()}
    shared = {
        key: (sides[0][key][1], sides[1][key][1])
        for key in all_operations
        if all(key in side and side[key][1] > 0 for side in sides)
    }
    if not shared:
        raise InputError(
            f"{here.info} in table {here.path} and {there.info} in table {there.path} have no "
            "operation in common: profile the same space on both"
        )
    ratio = _geometric_mean(b / a for a, b in shared.values())
    compared = [
        ComparedOperation(key, _label(all_operations[key], key), a, b, b / a / ratio)
        for key, (a, b) in shared.items()
    ]
    return Difference(
        here.info,
        there.info,
        ratio,
        tuple(sorted(compared, key=lambda operation: (operation.relative_ratio, operation.key))),
        tuple(_families(compared, all_operations)),
        tuple(key for key in all_operations if key not in shared),
    )


def _costs(predictor: Predictor) -> dict[str, tuple[Operation | None, float]]:
    """Return the operations and foreign programs of a profile by key, with their milliseconds.

    An operation of a package that is not installed here is None, as foreign programs are.
    """
    with Table.read(predictor.path) as table:
        operations = table.programs(predictor.info.id, "operation")
        foreign = table.entries(predictor.info.id, "foreign")
    return {
        **{
            key: (
                operations[key][0] if key in operations else None,
                predictor.milliseconds_of_entry(key),
            )
            for key in predictor.entries
        },
        **{key: (None, entry.milliseconds) for key, entry in foreign.items()},
    }


def _label(operation: Operation | None, key: str) -> str:
    return key if operation is None else operation.label


RESOLUTION = "resolution"
FAMILIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("kernel {0}x{0}", ("kernel",)),
    ("expansion {0}", ("expansion",)),
    ("kernel {0}x{0}, expansion {1}", ("kernel", "expansion")),
    ("input {0}x{0}", (RESOLUTION,)),
)
"""Common properties of blocks: the text for one, and the names of its numbers."""


def _families(
    compared: list[ComparedOperation], operations: dict[str, Operation | None]
) -> Iterable[ComparedFamily]:
    traits = {operation.key: _traits(operations[operation.key]) for operation in compared}
    known = {name for _, names in FAMILIES for name in names}
    further_names = dict.fromkeys(
        name for sizes in traits.values() for name in sizes if name not in known
    )
    for template, names in (*FAMILIES, *((f"{name} {{0}}", (name,)) for name in further_names)):
        members: dict[tuple[int, ...], list[float]] = {}
        for operation in compared:
            sizes = traits[operation.key]
            if sizes.keys() >= set(names):
                numbers = tuple(sizes[name] for name in names)
                members.setdefault(numbers, []).append(operation.relative_ratio)
        for numbers, ratios in sorted(members.items()):
            yield ComparedFamily(template.format(*numbers), len(ratios), _geometric_mean(ratios))


def _traits(operation: Operation | None) -> dict[str, int]:
    """Return the numbers by which an operation is grouped; none for fixed operations."""
    if operation is None or not operation.traits.sizes:
        return {}
    return {**operation.traits.sizes, RESOLUTION: operation.input_shape[1]}


def _geometric_mean(values: Iterable[float]) -> float:
    logarithms = [math.log(value) for value in values]
    return math.exp(sum(logarithms) / len(logarithms))
