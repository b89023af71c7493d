"""Learning rates over a training."""

import math

from torch.optim import Optimizer


def cosine(peak: float, step: int, steps: int) -> float:
    """Return the learning rate of ``step`` out of ``steps``: from ``peak`` down to 0."""
    return 0.5 * peak * (1 + math.cos(math.pi * step / steps))


def set_learning_rate(optimizer: Optimizer, value: float) -> None:
    """Set the learning rate of every parameter group."""
    for group in optimizer.param_groups:
        group["lr"] = value
