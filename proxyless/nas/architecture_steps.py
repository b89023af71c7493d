"""Architecture steps on held-out images, for the devices of a search in turn."""

from collections.abc import Sequence

import torch

from ..data.batches import Batcher
from ..engine.metrics import Meter
from ..engine.random_streams import Streams
from .supernet import Supernet
from .updates import ArchitectureUpdate, Statistics


class ArchitectureSteps:
    """Collects statistics of a validation batch, and applies them to the architectures.

    Workers that share a search apply the mean of the statistics that all have collected.

    Args:
        updates: one for each device.
        supernet: the shared weights, which are not changed.
        held_out: the images that the architectures are learned from.
        batch_size: images of a weight step.
        streams: "validation" is for batches, "paths" for paths.
    """

    def __init__(
        self,
        updates: Sequence[ArchitectureUpdate],
        supernet: Supernet,
        held_out: Batcher,
        batch_size: int,
        streams: Streams,
    ) -> None:
        self.updates, self.supernet, self.held_out = updates, supernet, held_out
        self.batch_size, self.streams = batch_size, streams
        self.meter = Meter()

    def collect(self, number: int) -> Statistics:
        """Return the statistics of step ``number``, collected by the update of its device."""
        turn = number % len(self.updates)
        update = self.updates[turn]
        batch = max(2, round(update.batch_share * self.batch_size))
        count = len(self.held_out.split)
        indices = torch.randperm(count, generator=self.streams["validation"])[:batch]
        images, labels = self.held_out(indices)
        self.supernet.zero_grad(set_to_none=True)
        return {
            **update.collect(images, labels, self.streams["paths"]),
            "turn": torch.tensor(float(turn)),
            "images": torch.tensor(float(batch)),
        }

    def apply(self, statistics: Statistics) -> None:
        """Update the architecture of the device that collected, then those of the others."""
        turn = int(statistics["turn"])
        update, *others = (*self.updates[turn:], *self.updates[:turn])
        update.apply(statistics)
        for other in others:
            other.apply_others(statistics)
        loss, accuracy = float(statistics["loss"]), float(statistics["accuracy"])
        self.meter.add(loss, accuracy, int(statistics["images"]))
