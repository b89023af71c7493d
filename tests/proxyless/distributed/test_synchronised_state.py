"""The state that averages alone change: taken over where the weights are."""

from typing import Any

import pytest
import torch
from torch import nn
from torch.optim import SGD, Adam, Optimizer

from proxyless.distributed import SynchronisedState


def loaded(optimizer: Optimizer, **state: Any) -> dict[str, Any]:
    """Return the state of the only parameter, after one on the CPU was loaded."""
    synchronised = SynchronisedState(optimizer)
    synchronised.load_state_dict({"weights": [torch.zeros(3)], "states": [state]})
    found: dict[str, Any] = optimizer.state[synchronised.parameters[0]]
    return found


def weights() -> list[nn.Parameter]:
    """Return weights that lie elsewhere: on a device that every machine has."""
    return [nn.Parameter(torch.zeros(3, device="meta"))]


def test_momentum_goes_to_the_device_of_the_weights() -> None:
    state = loaded(SGD(weights(), 0.1, 0.9), momentum_buffer=torch.ones(3))
    assert state["momentum_buffer"].device.type == "meta"
    assert loaded(SGD(weights(), 0.1), momentum_buffer=None) == {"momentum_buffer": None}


@pytest.mark.parametrize(("capturable", "device"), [(False, "cpu"), (True, "meta")])
def test_the_count_of_steps_goes_where_adam_looks_for_it(capturable: bool, device: str) -> None:
    adam = Adam(weights(), capturable=capturable)
    state = loaded(adam, step=torch.ones(()), exp_avg=torch.ones(3))
    assert state["step"].device.type == device
    assert state["exp_avg"].device.type == "meta"


def test_what_was_loaded_is_a_copy() -> None:
    parameter, momentum = nn.Parameter(torch.zeros(3)), torch.ones(3)
    optimizer = SGD([parameter], 0.1, 0.9)
    loaded(optimizer, momentum_buffer=momentum)
    parameter.grad = torch.ones(3)
    optimizer.step()
    assert momentum.tolist() == [1.0, 1.0, 1.0]
