"""The base: weights and optimiser state that only averaged gradients have changed.

Each worker applies the same gradients in the same order, so that its base is every worker's base.
What a worker trains with is ahead of it, by gradients of its own: see :mod:`.ahead`.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

Gradients = dict[int, Tensor]
"""Gradients by the number of their parameter; a parameter without one is not in it."""
Settings = list[dict[str, Any]]
"""What the groups of an optimiser are set to at a step: learning rates and the like."""


class Base:
    """Weights and optimiser state beside those that ``optimizer`` holds, its working ones."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.parameters: list[Tensor] = [
            one for group in optimizer.param_groups for one in group["params"]
        ]
        self.weights = [one.detach().clone() for one in self.parameters]
        self.states = [_copy(optimizer.state.get(one, {})) for one in self.parameters]

    def settings(self) -> Settings:
        """Return what the optimiser is set to now."""
        return [_without_parameters(group) for group in self.optimizer.param_groups]

    @torch.no_grad()
    def check_out(self, numbers: Iterable[int]) -> None:
        """Let the working weights and state of parameters be those of the base."""
        for number in numbers:
            parameter = self.parameters[number]
            parameter.copy_(self.weights[number])
            self.optimizer.state[parameter] = _copy(self.states[number])

    @torch.no_grad()
    def check_in(self, numbers: Iterable[int]) -> None:
        """Let the base of parameters be what is worked with."""
        for number in numbers:
            parameter = self.parameters[number]
            self.weights[number].copy_(parameter)
            self.states[number] = _copy(self.optimizer.state.get(parameter, {}))

    def advance(self, gradients: Gradients, steps: Sequence[Settings]) -> None:
        """Take steps with the working weights, each with the same gradients."""
        now = self.settings()
        kept = [one.grad for one in self.parameters]
        for number, parameter in enumerate(self.parameters):
            parameter.grad = gradients.get(number)
        for settings in steps:
            self._set(settings)
            self.optimizer.step()
        for parameter, gradient in zip(self.parameters, kept, strict=True):
            parameter.grad = gradient
        self._set(now)

    def _set(self, settings: Settings) -> None:
        for group, values in zip(self.optimizer.param_groups, settings, strict=True):
            group.update(values)

    def state_dict(self) -> dict[str, Any]:
        """Return the base: what a worker needs to have the same."""
        return {"weights": self.weights, "states": self.states}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Become another worker's base, and work with it."""
        for mine, given in zip(self.weights, state["weights"], strict=True):
            mine.copy_(given)
        self.states = [_copy(one) for one in state["states"]]
        self.check_out(range(len(self.parameters)))


def digest(state: Any) -> str:
    """Return the SHA-256 of a state: numbers, texts and tensors in dictionaries and lists."""
    found = hashlib.sha256()
    _add(state, found)
    return found.hexdigest()


def _add(state: Any, found: "hashlib._Hash") -> None:
    if isinstance(state, Tensor):
        found.update(str((state.dtype, tuple(state.shape))).encode())
        found.update(state.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().data)
    elif isinstance(state, dict):
        for key in sorted(state, key=str):
            found.update(str(key).encode())
            _add(state[key], found)
    elif isinstance(state, list | tuple):
        found.update(str(len(state)).encode())
        for one in state:
            _add(one, found)
    else:
        found.update(repr(state).encode())


def _copy(state: dict[str, Any]) -> dict[str, Any]:
    return {k: v.clone() if isinstance(v, Tensor) else v for k, v in state.items()}


def _without_parameters(group: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in group.items() if key != "params"}
