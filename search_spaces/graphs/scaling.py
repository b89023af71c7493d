"""Input normalisation as part of a graph, so that programs feed it raw pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Scaling:
    """``pixel * scale + offset`` per channel, for pixels of 0 to 255."""

    scale: tuple[float, ...]
    offset: tuple[float, ...]

    @classmethod
    def of(cls, mean: Sequence[float], std: Sequence[float]) -> Self:
        """Return the scaling that computes (pixel / 255 - mean) / std per channel."""
        scale = tuple(1 / (255 * deviation) for deviation in std)
        offset = tuple(-average / deviation for average, deviation in zip(mean, std, strict=True))
        return cls(scale, offset)

    def arrays(self, *shape: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return scale and offset in a shape that broadcasts over images, such as (C, 1, 1)."""
        scale, offset = (np.array(values, np.float32) for values in (self.scale, self.offset))
        return scale.reshape(shape), offset.reshape(shape)
