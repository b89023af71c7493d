"""Losses and accuracies: of a batch, as running means, and of a network over a split."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from search_spaces import InputError


@dataclass
class Meter:
    """Running mean of loss and accuracy over images."""

    loss: float = 0.0
    correct: float = 0.0
    images: int = 0

    def add(self, loss: float, accuracy: float, images: int) -> None:
        """Count a batch.

        Raises:
            InputError: the loss is not finite. Raised before anything of it is saved.
        """
        if not math.isfinite(loss):
            raise InputError(
                f"the training has diverged (a loss of {loss}): start over, in another run "
                "directory, with a lower `learning_rate` (in a search, perhaps of the warm-up)"
            )
        self.loss += loss * images
        self.correct += accuracy * images
        self.images += images

    def means(self) -> tuple[float, float]:
        """Return mean loss and accuracy; (nan, nan) of nothing."""
        if self.images == 0:
            return math.nan, math.nan
        return self.loss / self.images, self.correct / self.images


def accuracy(logits: Tensor, labels: Tensor) -> float:
    """Return the share of images whose largest logit is the label's."""
    return float((logits.argmax(1) == labels).float().mean())


@torch.no_grad()
def evaluate(network: nn.Module, batches: Iterable[tuple[Tensor, Tensor]]) -> tuple[float, float]:
    """Return cross-entropy and accuracy of a network in evaluation mode."""
    network.eval()
    meter = Meter()
    for images, labels in batches:
        logits = network(images)
        loss = float(nn.functional.cross_entropy(logits, labels))
        meter.add(loss, accuracy(logits, labels), len(labels))
    return meter.means()
