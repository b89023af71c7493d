"""Whether a state, of a checkpoint or of another worker, is one that this worker can continue from.

Looked at whole before anything of it is taken over: types, shapes, and that every number is finite.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from ..defaults import TRANSPORTS
from ..errors import DistributedError

MOST_STEPS = 2**53
"""More than any training has; whole numbers up to there are exact everywhere."""
KEYS = ("round", "position", "drained", "selection", "settings", "base", "buffers", "companions")
"""What a state must have; further keys are of later releases."""


def check_state(state: object, further: int) -> None:
    """Refuse a state whose form is not that of :meth:`.Delayed.state_dict`.

    ``further``: of how many parts its further state is.

    Raises:
        DistributedError: something is missing, of another type or out of range.
    """
    if not isinstance(state, Mapping) or (missing := [key for key in KEYS if key not in state]):
        raise _refused(f"lacks {missing[0]}" if isinstance(state, Mapping) else "is no dictionary")
    for name, least in {"round": 0, "position": 0, "drained": -1, "shared": 0}.items():
        number = state.get(name, 0)
        if type(number) is not int or not least <= number <= MOST_STEPS:
            raise _refused(f"has no number of steps as {name}")
    selection = state["selection"]
    if (
        not isinstance(selection, Mapping)
        or selection.get("chosen") not in (None, *TRANSPORTS)
        or type(selection.get("from")) is not int
    ):
        raise _refused("has no transport that there is as its selection")
    if not isinstance(state["settings"], Mapping):
        raise _refused("has no settings")
    base = state["base"]
    if not isinstance(base, Mapping) or not {"weights", "states"} <= base.keys():
        raise _refused("lacks weights, or an optimiser's state")
    for name, part in {"weights": base["weights"], "buffers": state["buffers"]}.items():
        if not isinstance(part, Sequence) or not all(isinstance(one, Tensor) for one in part):
            raise _refused(f"has {name} that are no tensors")
    states = base["states"]
    if not isinstance(states, Sequence) or not all(isinstance(one, Mapping) for one in states):
        raise _refused("has no optimiser's state for each parameter")
    parts = state["companions"]
    if not isinstance(parts, Sequence) or len(parts) != further:
        raise _refused(f"does not have {further} parts of further state")


def check_tensors(
    state: Mapping[str, Any], weights: Sequence[Tensor], buffers: Sequence[Tensor]
) -> None:
    """Refuse a state of another network than that of ``weights`` and ``buffers``.

    Raises:
        DistributedError: tensors are more or fewer, of another shape or type, or not finite.
    """
    for noun, found, own in (
        ("weights", state["base"]["weights"], weights),
        ("buffers", state["buffers"], buffers),
    ):
        if len(found) != len(own):
            raise _refused(f"has {len(found)} {noun} where this network has {len(own)}")
        for number, (one, mine) in enumerate(zip(found, own, strict=True)):
            if one.shape != mine.shape or one.dtype != mine.dtype:
                raise _refused(
                    f"has {tuple(one.shape)} of {one.dtype} as number {number} of its {noun}, "
                    f"where this network has {tuple(mine.shape)} of {mine.dtype}"
                )
            _check_finite(one, noun)
    states = state["base"]["states"]
    if len(states) != len(weights):
        raise _refused(f"has an optimiser's state of {len(states)} parameters, not {len(weights)}")
    for kept, mine in zip(states, weights, strict=True):
        for name, value in kept.items():
            if isinstance(value, Tensor):
                if value.numel() > 1 and value.shape != mine.shape:
                    raise _refused("has an optimiser's state of another shape than its weights")
                _check_finite(value, "numbers of the optimiser")
            elif not isinstance(value, int | float | bool | type(None)):
                raise _refused(f"has an optimiser's state that is no number ({str(name)[:60]!a})")


def _check_finite(tensor: Tensor, noun: str) -> None:
    if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
        raise _refused(f"has {noun} that are not finite")


def _refused(what: str) -> DistributedError:
    return DistributedError(
        f"the state to continue from {what}: it is damaged, of another run or of a training that "
        "diverged; continue with the options that it was made with, or begin anew"
    )
