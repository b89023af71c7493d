"""``train/result.json``: the result of a training."""

from dataclasses import dataclass

from ..former_names import FormerKeys
from .versioned import VersionedFile


@dataclass(frozen=True)
class TrainingResult(FormerKeys):
    """The figures of a finished training.

    ``test_accuracy`` is a share of ``test_images`` images, ``test_loss`` their mean cross-entropy.
    ``mean`` and ``std`` are those of the training images, per channel, of values from 0 to 1;
    ``data`` is the name of the data set as the user gave it.
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
"""Version 1 has no field ``version``; all else is unchanged."""
