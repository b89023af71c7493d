"""Stratified splits of a data set."""

from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor

from search_spaces import InputError

TEST_SHARE = 0.2
"""Share of the images that becomes the test split of a data set that has none."""


def stratified(
    labels: Tensor, share: float, class_names: Iterable[str], seed: int
) -> tuple[Tensor, Tensor]:
    """Hold out ``share`` of every class; return indices of remaining and of held-out images."""
    from sklearn.model_selection import train_test_split

    names = list(class_names)
    counts = torch.bincount(labels, minlength=len(names))
    if int(counts.min()) < 2:
        rare = names[int(counts.argmin())]
        raise InputError(
            f"class {rare!r} has {int(counts.min())} images: every class needs at least 2 in each "
            "part that is cut from the training set"
        )
    size = max(len(names), round(share * len(labels)))
    if len(labels) - size < len(names):
        raise InputError(
            f"holding out {share:g} of {len(labels)} images leaves fewer than one for each of "
            f"{len(names)} classes to learn from: lower `validation_share` {share:g}"
        )
    remaining, held_out = train_test_split(
        np.arange(len(labels)),
        test_size=size,
        stratify=labels.numpy(),
        random_state=seed,
    )
    return torch.from_numpy(np.sort(remaining)), torch.from_numpy(np.sort(held_out))
