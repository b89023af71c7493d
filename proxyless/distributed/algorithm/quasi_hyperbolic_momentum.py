"""SGD with quasi-hyperbolic momentum."""

from collections.abc import Callable
from typing import Any, overload

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.optimizer import ParamsT

from ..errors import DistributedError

AVERAGE = "exp_avg"
"""The average of gradients in the state of a parameter, by the name that Adam has for it."""


class QuasiHyperbolicMomentum(Optimizer):
    """SGD that steps by a part of the gradient, and by the rest of an average of gradients.

    Ma and Yarats, "Quasi-hyperbolic momentum and Adam for deep learning" (ICLR 2019), algorithm 1,
    with learning rate a, momentum b and average g, which begins with zero::

        g <- b * g + (1 - b) * gradient
        weights <- weights - a * ((1 - nu) * gradient + nu * g)

    ``nu`` 0 is SGD, 1 is SGD with momentum b and learning rate a (1 - b), b is the same with
    Nesterov's momentum. ``weight_decay`` times the weights is added to every gradient.
    ``maximize``: go uphill.

    Raises:
        DistributedError: a momentum that is not at least 0 and below 1, a nu that is not between 0
            and 1, a learning rate or weight decay below 0.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float,
        momentum: float = 0.999,
        nu: float = 0.7,
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        for name, value in {"lr": lr, "weight_decay": weight_decay}.items():
            if not value >= 0:
                raise DistributedError(f"`{name}` {value:g} is below 0: give 0 or more")
        if not 0 <= momentum < 1:
            raise DistributedError(f"`momentum` {momentum:g} is out of range: give one below 1")
        if not 0 <= nu <= 1:
            raise DistributedError(f"`nu` {nu:g} is no share: give one between 0 and 1")
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "nu": nu,
            "weight_decay": weight_decay,
            "maximize": maximize,
        }
        super().__init__(params, defaults)

    @overload
    def step(self, closure: None = None) -> None: ...

    @overload
    def step(self, closure: Callable[[], float]) -> float: ...

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:
        """Step by the gradients that parameters have; return what ``closure`` does, if given."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._step(parameter, group)
        return loss

    def _step(self, parameter: Tensor, group: dict[str, Any]) -> None:
        assert parameter.grad is not None
        gradient = -parameter.grad if group["maximize"] else parameter.grad
        if group["weight_decay"]:
            gradient = gradient.add(parameter, alpha=group["weight_decay"])
        state = self.state[parameter]
        if AVERAGE not in state:
            state[AVERAGE] = torch.zeros_like(parameter)
        average, momentum, nu = state[AVERAGE], group["momentum"], group["nu"]
        average.mul_(momentum).add_(gradient, alpha=1 - momentum)
        parameter.add_(gradient, alpha=-group["lr"] * (1 - nu))
        parameter.add_(average, alpha=-group["lr"] * nu)
