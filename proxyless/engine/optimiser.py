"""The optimiser and the loss of the weights, from a configuration's recipe."""

from collections.abc import Iterable

import torch
from torch import nn

from ..config import Recipe


def make_optimizer(recipe: Recipe, parameters: Iterable[nn.Parameter]) -> torch.optim.SGD:
    """Return the optimiser; its steps do not change parameters without a gradient."""
    return torch.optim.SGD(
        parameters,
        recipe.learning_rate,
        recipe.momentum,
        weight_decay=recipe.weight_decay,
        nesterov=True,
    )


def make_loss(recipe: Recipe) -> nn.CrossEntropyLoss:
    """Return the training loss: logits (N, classes), labels (N,)."""
    return nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)
