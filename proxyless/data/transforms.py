"""Transformations of batches of images: shifting, mirroring, normalising."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from .image_data import ImageData


@dataclass(frozen=True)
class Augmentation:
    """Random shifts by up to ``shift`` of the side, and random mirroring if ``flip`` is set."""

    shift: float = 0.125
    flip: bool = True

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Return shifted and mirrored copies of uint8 images (N, C, H, W)."""
        count, channels, height, width = images.shape
        margin = round(self.shift * height)
        padded = F.pad(images, [margin] * 4)
        top, left = torch.randint(0, 2 * margin + 1, (2, count), generator=generator)
        rows = top[:, None] + torch.arange(height)
        columns = left[:, None] + torch.arange(width)
        if self.flip:
            mirrored = torch.rand(count, generator=generator) < 0.5
            columns = torch.where(mirrored[:, None], columns.flip(1), columns)
        return padded[
            torch.arange(count)[:, None, None, None],
            torch.arange(channels)[None, :, None, None],
            rows[:, None, :, None],
            columns[:, None, None, :],
        ]


@dataclass(frozen=True)
class Normalisation:
    """(pixel / 255 - mean) / std per channel, in channels-last memory format on ``device``."""

    mean: tuple[float, ...]
    std: tuple[float, ...]
    device: torch.device

    @classmethod
    def of(cls, data: ImageData, device: torch.device) -> "Normalisation":
        """Return the normalisation by the statistics of the training images."""
        return cls(data.mean, data.std, device)

    @classmethod
    def pixels(cls, channels: int) -> "Normalisation":
        """Return the normalisation that keeps pixels as they are, 0 to 255."""
        return cls((0.0,) * channels, (1 / 255,) * channels, torch.device("cpu"))

    def __call__(self, images: Tensor) -> Tensor:
        """Map uint8 (N, C, H, W) to float32 of the same shape."""
        mean = torch.tensor(self.mean, device=self.device)[:, None, None]
        std = torch.tensor(self.std, device=self.device)[:, None, None]
        moved = images.to(self.device, non_blocking=True).contiguous(
            memory_format=torch.channels_last
        )
        return (moved.float() / 255).sub_(mean).div_(std)
