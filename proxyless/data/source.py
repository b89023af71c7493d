"""An opened data set, and loading it into memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from .decoding import allocate, pixels
from .image_data import ImageData, Split
from .notices import counter
from .stored_images import StoredImages

DECODED_AT_ONCE = 256


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
    train: StoredImages
    test: StoredImages
    cut: bool = False

    def with_classes_as(self, class_names: Sequence[str]) -> "Source":
        """Return the data with the classes in the order given, if they are the same ones.

        A network that was trained earlier, or elsewhere, may count them in another order.
        """
        if set(class_names) != set(self.class_names):
            return self
        places = {name: place for place, name in enumerate(class_names)}
        table = np.array([places[name] for name in self.class_names], np.int64)
        train, test = (
            replace(images, labels=table[images.labels]) for images in (self.train, self.test)
        )
        return replace(self, class_names=tuple(class_names), train=train, test=test)

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
        train = self._decode(self.train, resolution, count)
        test = self._decode(self.test, resolution, lambda done: count(len(self.train) + done))
        mean, std = channel_statistics(train.images)
        return ImageData(self.name, self.class_names, train, test, mean, std)

    def _decode(self, stored: StoredImages, resolution: int, count: Callable[[int], None]) -> Split:
        shape = (len(stored), self.channels, resolution, resolution)
        images = allocate(shape)
        for start in range(0, len(stored), DECODED_AT_ONCE):
            stop = min(start + DECODED_AT_ONCE, len(stored))
            for index, image in enumerate(stored.decoded(start, stop), start):
                images[index] = pixels(image, shape[1:])
            count(stop)
        return Split(torch.from_numpy(images), torch.from_numpy(stored.labels.copy()))


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
