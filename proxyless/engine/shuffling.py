"""Which images a step takes: every epoch all of them, in an order of its own."""

import torch
from torch import Tensor

from search_spaces import InputError

from .random_streams import Streams
from .shard import Shard


class Shuffling:
    """The images of every step, as indices: of this worker's shard, where several share the work.

    ``batch_size`` is a worker's: a step takes as many batches as there are workers, and what is
    left of an epoch is left out. Orders are drawn from the stream "order".

    Raises:
        InputError: there are fewer than two images a worker.
    """

    def __init__(
        self, images: int, batch_size: int, streams: Streams, shard: Shard | None = None
    ) -> None:
        workers = 1 if shard is None else shard.size
        if shard is not None and images < 2 * workers:
            raise InputError(
                f"{images} training images are too few for {workers} workers to take two each at "
                "a step: start fewer workers"
            )
        self.images, self.streams, self.shard = images, streams, shard
        self.batch_size = min(batch_size, images // workers)
        self.images_a_step = workers * self.batch_size
        self.steps_an_epoch = images // self.images_a_step
        self.order = torch.empty(0, dtype=torch.int64)
        self._ordered_epoch = -1

    def indices(self, step: int) -> Tensor:
        """Return the images of a step (batch_size,); steps of one process come one by one."""
        epoch, place = divmod(step, self.steps_an_epoch)
        start = place * self.images_a_step
        if self.shard is None:
            if place == 0:
                self._draw_order()
        else:
            self._begin_streams(epoch, step, self.shard)
            start += self.shard.rank * self.batch_size
        return self.order[start : start + self.batch_size]

    def _begin_streams(self, epoch: int, step: int, shard: Shard) -> None:
        """Begin every stream where this step needs it: a worker may come in late."""
        if epoch != self._ordered_epoch:
            self.streams.begin(f"epoch {epoch}", ["order"])
            self._draw_order()
            self._ordered_epoch = epoch
        self.streams.begin(f"step {step}", shard.common_streams)
        self.streams.begin(f"step {step} of worker {shard.rank}", shard.own_streams)

    def _draw_order(self) -> None:
        self.order = torch.randperm(self.images, generator=self.streams["order"])
