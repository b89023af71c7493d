"""Losses and accuracies of a batch, as running means, and of a network over a split."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from search_spaces import InputError

from ..runs.checkpoint import State, checked_number


@dataclass
class Meter:
    """Running mean of loss and accuracy over images."""

    loss: float = 0.0
    correct: float = 0.0
    images: int = 0

    @classmethod
    def of_state(cls, state: State) -> "Meter":
        """Return what ``vars`` of a meter were in a checkpoint.

        Raises:
            ValueError, TypeError: they are none.
        """
        loss, correct = checked_number(state["loss"]), checked_number(state["correct"])
        images = state["images"]
        if type(images) is not int or not 0 <= correct <= images + 1 or (images == 0 and loss):
            raise ValueError(f"a mean over {images} images, {correct} of them correct")
        return cls(loss, correct, images)

    def add(self, loss: float, accuracy: float, images: int) -> None:
        """Add the means of a batch.

        Raises:
            InputError: the loss is not finite, so that no diverged state is saved.
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
        """Return mean loss and accuracy; (nan, nan) without images."""
        if self.images == 0:
            return math.nan, math.nan
        return self.loss / self.images, self.correct / self.images


def accuracy(logits: Tensor, labels: Tensor) -> float:
    """Return the share of images whose largest logit is that of their label."""
    return float(_is_correct(logits, labels).float().mean())


def accuracy_over(batches: Iterable[tuple[Tensor, Tensor]]) -> float:
    """Return the accuracy over batches of (logits, labels), which may differ in size."""
    correct = images = 0
    for logits, labels in batches:
        correct += int(_is_correct(logits, labels).sum())
        images += len(labels)
    return correct / images


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


def _is_correct(logits: Tensor, labels: Tensor) -> Tensor:
    """Return (N,): whether the largest logit of an image, in (N, classes), is its label's."""
    return logits.argmax(1) == labels
