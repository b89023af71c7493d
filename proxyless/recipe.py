"""What loops train with: the schedule, random streams, running means."""

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from search_spaces import InputError


def cosine(peak: float, step: int, steps: int) -> float:
    """Return the learning rate of ``step`` out of ``steps``: from ``peak`` down to 0."""
    return 0.5 * peak * (1 + math.cos(math.pi * step / steps))


def set_learning_rate(optimizer: torch.optim.Optimizer, value: float) -> None:
    """Set the learning rate of every parameter group."""
    for group in optimizer.param_groups:
        group["lr"] = value


class Streams:
    """One random generator a purpose, so that using one never changes what another draws."""

    def __init__(self, seed: int, purposes: Iterable[str]) -> None:
        self._seed = seed
        self._generators = {
            purpose: torch.Generator().manual_seed(seed * 1_000_003 + number)
            for number, purpose in enumerate(purposes)
        }

    def __getitem__(self, purpose: str) -> torch.Generator:
        return self._generators[purpose]

    def begin(self, place: str, purposes: Iterable[str]) -> None:
        """Start those of some purposes anew, as ``place`` says: an epoch, a step, a worker's step.

        Where several workers have to draw alike, and one may come in late, what is drawn must not
        depend on what was drawn before.
        """
        for purpose in self._generators.keys() & set(purposes):
            name = f"{self._seed} {purpose} {place}".encode()
            seed = int.from_bytes(hashlib.sha256(name).digest()[:7])
            self._generators[purpose].manual_seed(seed)

    def state_dict(self) -> dict[str, Tensor]:
        """Return every generator's state."""
        return {purpose: generator.get_state() for purpose, generator in self._generators.items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what :meth:`state_dict` returned."""
        for purpose, generator in self._generators.items():
            generator.set_state(state[purpose])


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
