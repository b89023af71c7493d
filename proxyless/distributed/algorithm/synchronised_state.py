"""The synchronised state: weights and optimiser state that only averaged gradients have changed.

Each worker applies the same averages in the same order, so that this state is the same on all of
them. The *working* weights, those that a worker trains with, are ahead of it by gradients of its
own: see :mod:`.local_update`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor
from torch.optim import Optimizer

from ..state import State
from .gradients import Gradients
from .settings import Settings, apply_settings, settings_of


class Stateful(Protocol):
    """Further state that all workers have alike; a worker that joins fetches it too."""

    def state_dict(self) -> Mapping[str, object]:
        """Return it, a dictionary of numbers, texts and tensors."""

    def load_state_dict(self, state: State) -> object:
        """Take it over."""


class SynchronisedState:
    """Weights and optimiser state, kept beside the working ones.

    ``optimizer`` steps both; its parameters are the working weights, numbered in their order.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = optimizer
        self.parameters: list[Tensor] = [
            parameter for group in optimizer.param_groups for parameter in group["params"]
        ]
        self.weights = [parameter.detach().clone() for parameter in self.parameters]
        self.states = [_copy(optimizer.state.get(p, {})) for p in self.parameters]

    @torch.no_grad()
    def check_out(self, numbers: Iterable[int]) -> None:
        """Let the working weights and optimiser state of parameters be the synchronised ones."""
        for number in numbers:
            parameter = self.parameters[number]
            parameter.copy_(self.weights[number])
            self.optimizer.state[parameter] = _copy(self.states[number])

    @torch.no_grad()
    def check_in(self, numbers: Iterable[int]) -> None:
        """Let the synchronised weights and optimiser state of parameters be the working ones."""
        for number in numbers:
            parameter = self.parameters[number]
            self.weights[number].copy_(parameter)
            self.states[number] = _copy(self.optimizer.state.get(parameter, {}))

    def step_working(self, gradients: Gradients, steps: Sequence[Settings]) -> None:
        """Take steps with the working weights, each with the same gradients."""
        settings_now = settings_of(self.optimizer)
        gradients_now = [parameter.grad for parameter in self.parameters]
        for number, parameter in enumerate(self.parameters):
            parameter.grad = gradients.get(number)
        for settings in steps:
            apply_settings(self.optimizer, settings)
            self.optimizer.step()
        for parameter, gradient in zip(self.parameters, gradients_now, strict=True):
            parameter.grad = gradient
        apply_settings(self.optimizer, settings_now)

    def state_dict(self) -> State:
        """Return what another worker needs to have the same."""
        return {"weights": self.weights, "states": self.states}

    def load_state_dict(self, state: State) -> None:
        """Become another worker's, and let the working weights be the same."""
        for weights, loaded in zip(self.weights, state["weights"], strict=True):
            weights.copy_(loaded)
        groups = [group for group in self.optimizer.param_groups for _ in group["params"]]
        self.states = [
            _on_device_of(parameter, group, loaded)
            for parameter, group, loaded in zip(
                self.parameters, groups, state["states"], strict=True
            )
        ]
        self.check_out(range(len(self.parameters)))


def _on_device_of(parameter: Tensor, group: Mapping[str, object], state: State) -> State:
    """Return a copy of a parameter's state where its optimiser looks for it.

    As in PyTorch's ``Optimizer.load_state_dict``: ``step`` stays on the CPU, unless the optimiser
    is fused or capturable.
    """
    moves_step = group.get("fused") or group.get("capturable")
    return {
        name: value.to(parameter.device)
        if isinstance(value, Tensor) and (name != "step" or moves_step)
        else value
        for name, value in _copy(state).items()
    }


def _copy(state: State) -> State:
    return {k: v.clone() if isinstance(v, Tensor) else v for k, v in state.items()}
