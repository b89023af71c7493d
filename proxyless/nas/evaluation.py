"""How accurate networks are with the supernet's weights: what networks are compared by."""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from search_spaces.modules import OperationModule

from ..data.batches import Batcher
from ..engine.metrics import accuracy
from .candidates.base import BlockInput
from .candidates.registry import evaluate
from .supernet import Supernet

IMAGES = 2048
"""Held-out images a search looks at: the standard error of an accuracy is then about 1 point."""


class SupernetAccuracy:
    """Accuracy of paths on the same held-out batches, each evaluated once.

    Batch norm uses the statistics of the batch, as in the architecture steps of a search: all
    batches are about as large.
    """

    def __init__(
        self, supernet: Supernet, held_out: Batcher, batch_size: int, most: int = IMAGES
    ) -> None:
        count = min(most, len(held_out.split))
        # Evenly spread: a split is sorted by class.
        indices = torch.linspace(0, len(held_out.split) - 1, count).long()
        order = torch.randperm(count, generator=torch.Generator().manual_seed(0))
        self.held_out, self.parts = (
            held_out,
            torch.tensor_split(indices[order], math.ceil(count / batch_size)),
        )
        self.supernet = supernet
        self.known: dict[tuple[int, ...], float] = {}

    def __call__(self, paths: Sequence[Sequence[int]]) -> list[float]:
        """Return the share of images that each path (blocks,) classifies correctly."""
        keys = [tuple(path) for path in paths]
        new = [list(key) for key in dict.fromkeys(keys) if key not in self.known]
        if new:
            right, images = torch.zeros(len(new)), 0
            for part in self.parts:
                batch, labels = self.held_out(part)
                _, accuracies = evaluate_paths(self.supernet, batch, labels, new)
                right += accuracies * len(labels)
                images += len(labels)
            self.known |= {
                tuple(path): float(share) for path, share in zip(new, right / images, strict=True)
            }
        return [self.known[key] for key in keys]


@torch.no_grad()
def evaluate_paths(
    supernet: Supernet, images: Tensor, labels: Tensor, paths: Sequence[Sequence[int]]
) -> tuple[Tensor, Tensor]:
    """Return loss and accuracy of each path on one batch, both of shape (paths,).

    Paths are walked as a tree: what several of them share from the input on is run once.
    """
    losses, accuracies = torch.empty(len(paths)), torch.empty(len(paths))

    def walk(x: Tensor, block: int, members: list[int]) -> None:
        if block == len(supernet.blocks):
            logits = supernet.after(x)
            losses[members] = float(F.cross_entropy(logits, labels))
            accuracies[members] = accuracy(logits, labels)
            return
        given = BlockInput(x)
        for choice in sorted({paths[member][block] for member in members}):
            following = [member for member in members if paths[member][block] == choice]
            walk(_run(supernet.blocks[block][choice], given), block + 1, following)

    walk(supernet.before(images), 0, list(range(len(paths))))
    return losses, accuracies


def _run(candidate: OperationModule, given: BlockInput) -> Tensor:
    if candidate.operation.free:
        return given.x
    output = evaluate(candidate, given).output()
    return output.add_(given.x) if candidate.residual else output
