"""Two profiles side by side: which operations are cheap on one device and dear on the other.

One device is faster than the other as a whole; what decides over networks is where they disagree.
So each ratio of two latencies is divided by the geometric mean of all of them.
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
    """What an operation adds to a network on either side (ms).

    ``relative_ratio`` is there / here, divided by the geometric mean ratio of all operations:
    below 1 it is relatively cheap there, above 1 relatively dear.
    """

    key: str
    label: str
    here_ms: float
    there_ms: float
    relative_ratio: float


@dataclass(frozen=True)
class ComparedFamily:
    """Geometric mean of the relative ratios of operations that have something in common."""

    family: str
    operations: int
    relative_ratio: float


@dataclass(frozen=True)
class Difference:
    """Two profiles compared, operations sorted from cheapest to dearest there.

    ``ratio`` is the geometric mean of there / here; ``left_out`` names operations that one side
    lacks or whose latency there or here does not exceed the call's own.
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
        InputError: the profiles have no operation in common, or are the same one.
    """
    if here.path.resolve() == there.path.resolve() and here.info == there.info:
        raise InputError(
            f"both sides are {here.info} in table {here.path}: name another table, or another "
            "profile with `other_runtime`, `other_device`, `other_threads` or "
            "`other_batch`"
        )
    sides = [_costs(here), _costs(there)]
    everything = {key: one for side in sides for key, (one, _) in side.items()}
    shared = {
        key: (sides[0][key][1], sides[1][key][1])
        for key in everything
        if all(key in side and side[key][1] > 0 for side in sides)
    }
    if not shared:
        raise InputError(
            f"{here.info} in table {here.path} and {there.info} in table {there.path} have no "
            "operation in common: profile the same space on both"
        )
    ratio = _geometric_mean(b / a for a, b in shared.values())
    compared = [
        ComparedOperation(key, _label(everything[key], key), a, b, b / a / ratio)
        for key, (a, b) in shared.items()
    ]
    return Difference(
        here.info,
        there.info,
        ratio,
        tuple(sorted(compared, key=lambda one: (one.relative_ratio, one.key))),
        tuple(_families(compared, everything)),
        tuple(key for key in everything if key not in shared),
    )


def _costs(predictor: Predictor) -> dict[str, tuple[Operation | None, float]]:
    """Return every operation and foreign program of a profile with its milliseconds."""
    with Table.open(predictor.path) as table:
        operations = table.programs(predictor.info.id, "operation")
        foreign = table.entries(predictor.info.id, "foreign")
    return {
        **{key: (one, predictor.milliseconds(one)) for key, (one,) in operations.items()},
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
"""What blocks may have in common: words for it, and the names of its numbers."""


def _families(
    compared: list[ComparedOperation], operations: dict[str, Operation | None]
) -> Iterable[ComparedFamily]:
    traits = {one.key: _traits(operations[one.key]) for one in compared}
    known = {name for _, names in FAMILIES for name in names}
    others = dict.fromkeys(name for sizes in traits.values() for name in sizes if name not in known)
    for words, names in (*FAMILIES, *((f"{name} {{0}}", (name,)) for name in others)):
        members: dict[tuple[int, ...], list[float]] = {}
        for one in compared:
            sizes = traits[one.key]
            if sizes.keys() >= set(names):
                numbers = tuple(sizes[name] for name in names)
                members.setdefault(numbers, []).append(one.relative_ratio)
        for numbers, ratios in sorted(members.items()):
            yield ComparedFamily(words.format(*numbers), len(ratios), _geometric_mean(ratios))


def _traits(operation: Operation | None) -> dict[str, int]:
    """Return the numbers that a block shares with others; none of what no search chooses."""
    if operation is None or not operation.traits.sizes:
        return {}
    return {**operation.traits.sizes, RESOLUTION: operation.input_shape[1]}


def _geometric_mean(values: Iterable[float]) -> float:
    logarithms = [math.log(value) for value in values]
    return math.exp(sum(logarithms) / len(logarithms))
