"""Mixup: training on convex combinations of pairs of images (Zhang et al., 2018)."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


def mixup(
    images: Tensor, labels: Tensor, classes: int, alpha: float, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Mix a batch with itself in another order, by one weight drawn from Beta(alpha, alpha).

    Takes images (N, C, H, W) and labels (N,); returns mixed images and probabilities of classes
    (N, classes).
    """
    seed = int(torch.randint(2**62, (1,), generator=generator))
    weight = float(np.random.default_rng(seed).beta(alpha, alpha))
    order = torch.randperm(len(labels), generator=generator).to(labels.device)
    targets = F.one_hot(labels, classes).to(images.dtype)
    return torch.lerp(images[order], images, weight), torch.lerp(targets[order], targets, weight)
