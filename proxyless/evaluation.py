"""How accurate networks are with the supernet's weights: what networks are compared by."""

from collections.abc import Sequence

import torch

from .batches import Batcher
from .supernet import Supernet
from .updates.reinforce import evaluate_paths

IMAGES = 2048
"""Held-out images at most: the standard error of an accuracy is then about 1 point."""


class SupernetAccuracy:
    """Accuracy of paths on the same held-out batches, each evaluated once.

    Batch norm uses the statistics of the batch, as in the architecture steps of a search.
    """

    def __init__(self, supernet: Supernet, held_out: Batcher, batch_size: int) -> None:
        count = min(IMAGES, len(held_out.split))
        # Evenly spread: a split is sorted by class.
        indices = torch.linspace(0, len(held_out.split) - 1, count).long()
        order = torch.randperm(count, generator=torch.Generator().manual_seed(0))
        self.held_out, self.parts = held_out, torch.split(indices[order], batch_size)
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
