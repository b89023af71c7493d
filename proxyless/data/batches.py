"""Batches of a split: float images and labels, selected by indices."""

from dataclasses import dataclass

import torch
from torch import Tensor

from .image_data import Split
from .transforms import Augmentation, Normalisation


@dataclass(frozen=True)
class Batcher:
    """Makes batches of a split by indices."""

    split: Split
    normalise: Normalisation
    augment: Augmentation | None = None

    def __call__(
        self, indices: Tensor, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return float images (N, C, H, W) and labels (N,); ``generator`` feeds augmentation."""
        images, labels = self.split.images[indices], self.split.labels[indices]
        if self.augment is not None:
            assert generator is not None
            images = self.augment(images, generator)
        return self.normalise(images), labels.to(self.normalise.device, non_blocking=True)
