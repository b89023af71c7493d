"""The largest values only."""

from typing import Self

import torch
from torch import Tensor

from ...errors import DistributedError
from .base import Codec, CodecOptions


class TopK(Codec):
    """The share ``kept`` of values that are largest, with their places: eight bytes each.

    Raises:
        DistributedError: the share is not above 0 and at most 1.
    """

    def __init__(self, kept: float) -> None:
        if not 0 < kept <= 1:
            raise DistributedError(
                f"`kept` {kept:g} is no share of the values: give one above 0, at most 1"
            )
        self.kept = kept

    @classmethod
    def from_options(cls, options: CodecOptions) -> Self:
        """Keep the share that was asked for."""
        return cls(options.kept)

    def encode(self, values: Tensor) -> dict[str, Tensor]:
        """Send at least one value."""
        count = max(1, round(self.kept * len(values)))
        places = values.abs().topk(min(count, len(values)), sorted=False).indices
        return {"values": values[places], "places": places.int()}

    def decode(self, sent: dict[str, Tensor], size: int) -> Tensor:
        """Put the values in their places, and zeros elsewhere.

        Raises:
            DistributedError: a place is none of so many values.
        """
        places = sent["places"]
        if len(places) and not 0 <= int(places.min()) <= int(places.max()) < size:
            raise DistributedError(f"`top-k` has a place that is none of {size} values")
        values = torch.zeros(size)
        values[places.long()] = sent["values"]
        return values
