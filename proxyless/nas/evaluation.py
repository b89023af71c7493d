"""Accuracy of networks with the supernet's weights, by which networks are compared."""

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
"""Held-out images that a search evaluates: the standard error is then about 1 point."""


class SupernetAccuracy:
    """Accuracy of paths on the same held-out batches, each evaluated once.

    Batch norm uses the statistics of the batch, as in the architecture steps of a search, so all
    batches have about the same size.
    """

    def __init__(
        self, supernet: Supernet, held_out: Batcher, batch_size: int, most: int = IMAGES
    ) -> None:
        count = min(most, len(held_out.split))
        # Evenly spread, because a split may be sorted by class.
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
            correct, images = torch.zeros(len(new)), 0
            for part in self.parts:
                batch, labels = self.held_out(part)
                _, accuracies = evaluate_paths(self.supernet, batch, labels, new)
                correct += accuracies * len(labels)
                images += len(labels)
            self.known |= {
                tuple(path): float(share) for path, share in zip(new, correct / images, strict=True)
            }
        return [self.known[key] for key in keys]


@torch.no_grad()
def evaluate_paths(
    supernet: Supernet, images: Tensor, labels: Tensor, paths: Sequence[Sequence[int]]
) -> tuple[Tensor, Tensor]:
    """Return loss and accuracy of each path on one batch, both of shape (paths,).

    Paths are evaluated as a tree: a prefix that several paths share is run once.
    """
    losses, accuracies = torch.empty(len(paths)), torch.empty(len(paths))

    def walk(x: Tensor, block: int, members: list[int]) -> None:
        if block == len(supernet.blocks):
            logits = supernet.after(x)
            losses[members] = float(F.cross_entropy(logits, labels))
            accuracies[members] = accuracy(logits, labels)
            return
        block_input = BlockInput(x)
        for choice in sorted({paths[member][block] for member in members}):
            following = [member for member in members if paths[member][block] == choice]
            walk(_run(supernet.blocks[block][choice], block_input), block + 1, following)

    walk(supernet.before(images), 0, list(range(len(paths))))
    return losses, accuracies


def _run(candidate: OperationModule, block_input: BlockInput) -> Tensor:
    if candidate.operation.free:
        return block_input.x
    output = evaluate(candidate, block_input).output()
    return output.add_(block_input.x) if candidate.residual else output
