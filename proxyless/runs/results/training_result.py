"""``train/result.json``: the result of a training."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from search_spaces.dimensions import MOST_CLASSES
from search_spaces.numbers import Count, Deviation, Figure, Mean, Name, Positive, Share

from ..former_names import FormerKeys
from .versioned import Digest, VersionedFile

MOST_CHANNELS = 1000
"""Channels of an image: those of satellites have some hundreds."""


@dataclass(frozen=True)
class TrainingResult(FormerKeys):
    """The figures of a finished training.

    ``test_accuracy`` is a share of ``test_images`` images, ``test_loss`` their mean cross-entropy.
    ``mean`` and ``std`` are those of the training images, per channel, of values from 0 to 1;
    ``data`` is the name of the data set as the user gave it.
    The digests are SHA-256 of all images and labels, of every constant of the network, and of the
    file of the weights; earlier releases did not note them.
    """

    test_accuracy: Share
    test_loss: Figure
    test_images: Positive
    train_images: Positive
    epochs: Positive
    parameters: Count
    macs: Count
    class_names: Annotated[list[Name], Field(max_length=MOST_CLASSES)]
    mean: Annotated[list[Mean], Field(min_length=1, max_length=MOST_CHANNELS)]
    std: Annotated[list[Deviation], Field(min_length=1, max_length=MOST_CHANNELS)]
    data: Name
    data_digest: Digest | None = None
    network_digest: Digest | None = None
    weights_digest: Digest | None = None


TRAINING_RESULT = VersionedFile(
    TrainingResult,
    "proxyless.training-result",
    3,
    "training result",
    "`proxyless train` in another folder makes one that can be read",
)
"""Version 1 has no field ``version``; versions 1 and 2 have no digests."""
