"""``train/result.json``: what a training came to."""

from dataclasses import dataclass

from ..former_names import FormerKeys
from .versioned import VersionedFile


@dataclass(frozen=True)
class TrainingResult(FormerKeys):
    """The figures of a finished training.

    ``test_accuracy`` is a share of ``test_images`` images, ``test_loss`` their mean cross-entropy.
    ``mean`` and ``std`` are those of the training images, per channel, of values from 0 to 1;
    ``data`` names the data set as it was given.
    """

    test_accuracy: float
    test_loss: float
    test_images: int
    train_images: int
    epochs: int
    parameters: int
    macs: int
    class_names: list[str]
    mean: list[float]
    std: list[float]
    data: str


TRAINING_RESULT = VersionedFile(
    TrainingResult,
    "proxyless.training-result",
    2,
    "training result",
    "`proxyless train` in another folder makes one that can be read",
)
"""Version 1 did not say its version; nothing else has changed since."""
