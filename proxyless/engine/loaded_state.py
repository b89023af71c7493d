"""Checks of a checkpoint's state before it is trusted: numbers are finite, sizes are those here."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.optim import Optimizer

from ..runs.checkpoint import State, checked_number

BUFFERS = {
    torch.optim.SGD: {"momentum_buffer"},
    torch.optim.Adam: {"step", "exp_avg", "exp_avg_sq"},
}
"""What PyTorch's optimisers keep for each parameter, as they are used here."""


def check_finite(state: object, place: str = "") -> None:
    """Refuse NaN and infinities in any tensor and number of a state.

    Raises:
        ValueError: the place of the first one, such as "loop, network, conv.weight".
    """
    if isinstance(state, Mapping):
        for name, value in state.items():
            check_finite(value, f"{place}, {name}" if place else str(name))
    elif isinstance(state, (list, tuple)):
        for value in state:
            check_finite(value, place)
    elif isinstance(state, Tensor):
        if state.is_floating_point() and not bool(torch.isfinite(state).all()):
            raise ValueError(f"{place} holds numbers that are not finite")
    elif isinstance(state, float) and not math.isfinite(state):
        raise ValueError(f"{place} holds a number that is not finite")


def check_optimizer_state(optimizer: Optimizer, state: State) -> None:
    """Refuse a state that PyTorch would load and fail with at the next step, or train on otherwise.

    A state's settings must be those of ``optimizer``, except for a learning rate that a schedule
    sets anew at every step (of SGD here).

    Raises:
        ValueError: tensors have other shapes than their parameters, or settings are others.
    """
    scheduled = ("params", "lr") if isinstance(optimizer, torch.optim.SGD) else ("params",)
    parameters = [weight for group in optimizer.param_groups for weight in group["params"]]
    for group, loaded in zip(optimizer.param_groups, state["param_groups"], strict=True):
        for name, value in loaded.items():
            ours = group.get(name, value)
            if name not in scheduled and (type(value), value) != (type(ours), ours):
                raise ValueError(f"the optimiser's {name} is {value!r}, not {ours!r}")
    known = BUFFERS.get(type(optimizer))
    if known is None:
        return  # of an installed package: what it keeps is its own
    for number, buffers in state["state"].items():
        if buffers.keys() != known:
            kept = ", ".join(map(str, buffers)) or "nothing"
            raise ValueError(f"the optimiser's state of a parameter has {kept}")
        for name, value in buffers.items():
            _check_buffer(name, value, parameters[number])


def _check_buffer(name: str, value: object, parameter: Tensor) -> None:
    if name == "step":
        if not checked_number(value.item() if isinstance(value, Tensor) else value) >= 0:
            raise ValueError(f"the optimiser is at step {value}")
    elif value is not None and (not isinstance(value, Tensor) or value.shape != parameter.shape):
        raise ValueError(f"the optimiser's {name} has another shape than its parameter")
