"""An opened data set, and loading it into memory."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from search_spaces import InputError

from .decoding import DECODED_AT_ONCE, allocate, pictures, pixels
from .image_data import ImageData, Split
from .notices import counter
from .rows import Rows


@dataclass(frozen=True)
class Source:
    """A data set that was opened but not decoded.

    ``size`` is the side of its images in pixels if all sampled ones are squares of one size;
    ``cut`` is whether the test images were split off the training split.
    """

    name: str
    class_names: tuple[str, ...]
    channels: int
    size: int | None
    train: Rows
    test: Rows
    image_column: str
    label_column: str
    cut: bool = False

    def resolution(self, preferred: int) -> int:
        """Return the size of the images, or ``preferred`` if they vary or are larger."""
        return self.size if self.size is not None and self.size < preferred else preferred

    def load(self, resolution: int) -> ImageData:
        """Decode every image at ``resolution`` x ``resolution``.

        Raises:
            InputError: an image cannot be decoded; the sentence names it.
        """
        total = len(self.train) + len(self.test)
        count = counter(f"opening {self.name}", total, "images")
        train = self._decode("train", self.train, resolution, count)
        test = self._decode(
            "test", self.test, resolution, lambda done: count(len(self.train) + done)
        )
        for split_name, split in (("training", train), ("test", test)):
            if len(split) == 0:
                raise InputError(f"data set {self.name} has no {split_name} images")
        mean, std = channel_statistics(train.images)
        return ImageData(self.name, self.class_names, train, test, mean, std)

    def _decode(
        self, split: str, rows: Rows, resolution: int, count: Callable[[int], None]
    ) -> Split:
        shape = (len(rows), self.channels, resolution, resolution)
        images = allocate(shape)
        for start in range(0, len(rows), DECODED_AT_ONCE):
            place = f"the {split} split of {self.name}"
            for index, image in pictures(rows, self.image_column, start, place):
                images[index] = pixels(image, shape[1:])
            count(min(start + DECODED_AT_ONCE, len(rows)))
        labels = torch.tensor(np.asarray(rows[self.label_column]), dtype=torch.int64)
        return Split(torch.from_numpy(images), labels)


def channel_statistics(images: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and deviation per channel of uint8 images (N, C, H, W), for values of 0..1."""
    sums = torch.zeros(images.shape[1], dtype=torch.float64)
    squares, pixels = torch.zeros_like(sums), 0
    for part in torch.split(images, DECODED_AT_ONCE):
        values = part.double() / 255
        sums, squares = sums + values.sum((0, 2, 3)), squares + (values**2).sum((0, 2, 3))
        pixels += values[:, 0].numel()
    mean = sums / pixels
    std = (squares / pixels - mean**2).clamp(min=1e-6).sqrt()
    return tuple(mean.tolist()), tuple(std.tolist())
