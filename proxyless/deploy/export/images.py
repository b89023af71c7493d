"""The images that an exported file is calibrated and checked with."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from search_spaces import InputError

from ...data.batches import Batcher
from ...data.image_data import ImageData, Split
from ...data.opening import open_data
from ...data.transforms import Normalisation
from ...runs.trained_run import TrainedRun

AT_ONCE = 256


class Batch(NamedTuple):
    """The same images (N, C, H, W) as the network and as the file takes them; labels (N,)."""

    for_network: Tensor
    for_file: NDArray[np.float32]
    labels: Tensor


@dataclass(frozen=True)
class CheckImages:
    """The data set as the network takes it and as the file takes it."""

    data: ImageData
    network: Normalisation
    file: Normalisation

    @classmethod
    def of(cls, trained: TrainedRun, data: str | None, pixels: bool) -> "CheckImages":
        """Open what the network was trained on, or ``data``, where that is now.

        Raises:
            InputError: it cannot be opened, or has other classes.
        """
        result = trained.result
        source = open_data(data or result.data).with_classes_as(result.class_names)
        if list(source.class_names) != result.class_names:
            raise InputError(
                f"data set {source.name} has other classes than the network was trained on"
            )
        cpu = torch.device("cpu")
        network = Normalisation(tuple(result.mean), tuple(result.std), cpu)
        file = Normalisation.pixels(source.channels) if pixels else network
        return cls(source.load(trained.architecture.input_shape[1]), network, file)

    @property
    def test_batches(self) -> Iterator[Batch]:
        """Yield the test images."""
        for indices in torch.split(torch.arange(len(self.data.test)), AT_ONCE):
            yield self._batch(self.data.test, indices)

    def training_images(self, most: int) -> Batch:
        """Return at most so many training images, of all classes."""
        count = min(most, len(self.data.train))
        # Evenly spread: a split is sorted by class.
        indices = torch.linspace(0, len(self.data.train) - 1, count).long()
        return self._batch(self.data.train, indices)

    def _batch(self, split: Split, indices: Tensor) -> Batch:
        images, labels = Batcher(split, self.network)(indices)
        for_network = for_file = images.contiguous()
        if self.file != self.network:
            for_file = Batcher(split, self.file)(indices)[0].contiguous()
        return Batch(for_network, for_file.numpy(), labels)
