"""The images of each step: every epoch takes all of them in a new order."""

import torch
from torch import Tensor

from search_spaces import InputError

from .random_streams import Streams
from .shard import Shard


class Shuffling:
    """The images of every step as indices; with several workers, those of this worker's shard.

    ``batch_size`` is that of a worker: a step takes one batch for each worker, and images that fill
    no step are left out of the epoch. Orders are drawn from the stream "order".

    Raises:
        InputError: there are fewer than two images per worker.
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
        """Return the indices of a step, (batch_size,); a single process takes steps in order."""
        epoch, step_of_epoch = divmod(step, self.steps_an_epoch)
        start = step_of_epoch * self.images_a_step
        if self.shard is None:
            if step_of_epoch == 0:
                self._draw_order()
        else:
            self._begin_streams(epoch, step, self.shard)
            start += self.shard.rank * self.batch_size
        return self.order[start : start + self.batch_size]

    def load(self, order: Tensor) -> None:
        """Continue with the order of a checkpoint: empty, or each image once.

        Raises:
            ValueError: it is another.
        """
        if order.dtype != torch.int64 or order.dim() != 1:
            raise ValueError("the order of the images is no list of whole numbers")
        if len(order) and not torch.equal(order.sort().values, torch.arange(self.images)):
            raise ValueError(f"the order is not one of {self.images} images")
        self.order = order

    def _begin_streams(self, epoch: int, step: int, shard: Shard) -> None:
        """Reseed every stream for this step, because a worker may join late."""
        if epoch != self._ordered_epoch:
            self.streams.begin(f"epoch {epoch}", ["order"])
            self._draw_order()
            self._ordered_epoch = epoch
        self.streams.begin(f"step {step}", shard.common_streams)
        self.streams.begin(f"step {step} of worker {shard.rank}", shard.own_streams)

    def _draw_order(self) -> None:
        self.order = torch.randperm(self.images, generator=self.streams["order"])
