"""Gradients, and rounds of steps whose gradients are exchanged together."""

from dataclasses import dataclass, field

from torch import Tensor

from .settings import Settings

Gradients = dict[int, Tensor]
"""Gradients by the number of their parameter; a parameter without one is not in it."""


@dataclass
class Round:
    """Steps whose gradients are exchanged together.

    Attributes:
        ends: The position after its last step.
        drains: Whether it is the last before all workers are equal.
        total: The sum of its steps' gradients.
        steps: What the optimiser was set to at each.
    """

    ends: int
    drains: bool = False
    total: Gradients = field(default_factory=dict)
    steps: list[Settings] = field(default_factory=list)

    def add(self, parameters: list[Tensor], settings: Settings) -> None:
        """Add a step with the gradients that parameters have now."""
        self.steps.append(settings)
        for number, parameter in enumerate(parameters):
            if parameter.grad is not None:
                gradient = parameter.grad.detach()
                if number in self.total:
                    self.total[number] += gradient
                else:
                    self.total[number] = gradient.clone()

    def mean(self) -> Gradients:
        """Return the mean gradient of its steps."""
        if len(self.steps) <= 1:
            return self.total
        return {number: total / len(self.steps) for number, total in self.total.items()}
