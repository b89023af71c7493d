"""The images that an exported file is calibrated and checked with."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from search_spaces import Architecture, InputError

from ..batches import Batcher, Normalisation
from ..data import ImageData, open_data

AT_ONCE = 256


@dataclass(frozen=True)
class CheckImages:
    """The data set as the network takes it and as the file takes it."""

    data: ImageData
    network: Normalisation
    file: Normalisation

    @classmethod
    def of(
        cls, trained: dict[str, Any], architecture: Architecture, data: str | None, pixels: bool
    ) -> "CheckImages":
        """Open what the network was trained on, or ``data``, where that is now.

        Raises:
            InputError: it cannot be opened, or has other classes.
        """
        source = open_data(data or trained["data"])
        if list(source.class_names) != trained["class_names"]:
            raise InputError(
                f"data set {source.name} has other classes than the network was trained on"
            )
        cpu = torch.device("cpu")
        normalise = Normalisation(tuple(trained["mean"]), tuple(trained["std"]), cpu)
        taken = Normalisation.pixels(source.channels) if pixels else normalise
        return cls(source.load(architecture.input_shape[1]), normalise, taken)

    @property
    def test_batches(self) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
        """Yield the test images as the network and as the file takes them, and their labels."""
        for indices in torch.split(torch.arange(len(self.data.test)), AT_ONCE):
            given, labels = Batcher(self.data.test, self.network)(indices)
            taken, _ = Batcher(self.data.test, self.file)(indices)
            yield given, taken.contiguous(), labels

    def some(self, most: int) -> tuple[torch.Tensor, Any]:
        """Return training images as the network takes them, and as the file does."""
        count = min(most, len(self.data.train))
        # Evenly spread: a split is sorted by class.
        indices = torch.linspace(0, len(self.data.train) - 1, count).long()
        given, _ = Batcher(self.data.train, self.network)(indices)
        taken, _ = Batcher(self.data.train, self.file)(indices)
        return given.contiguous(), taken.contiguous().numpy()
