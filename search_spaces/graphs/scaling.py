"""Input normalisation inside a graph: what lets a program feed it pixels as they are."""

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
        """Return what equals (pixel / 255 - mean) / std."""
        scale = tuple(1 / (255 * one) for one in std)
        offset = tuple(-middle / one for middle, one in zip(mean, std, strict=True))
        return cls(scale, offset)

    def arrays(self, *shape: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return scale and offset in a shape that broadcasts over images, such as (C, 1, 1)."""
        one, other = (np.array(values, np.float32) for values in (self.scale, self.offset))
        return one.reshape(shape), other.reshape(shape)
