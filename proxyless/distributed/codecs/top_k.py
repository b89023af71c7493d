"""The largest values only."""

import torch
from torch import Tensor

from search_spaces import InputError

from .base import Codec


class TopK(Codec):
    """The share ``ratio`` of values that are largest, with their places: eight bytes each."""

    def __init__(self, ratio: float) -> None:
        if not 0 < ratio <= 1:
            raise InputError(f"a top-k ratio of {ratio:g} is not above 0 and at most 1")
        self.ratio = ratio

    def encode(self, values: Tensor) -> dict[str, Tensor]:
        """Send at least one value."""
        count = max(1, round(self.ratio * len(values)))
        places = values.abs().topk(min(count, len(values)), sorted=False).indices
        return {"values": values[places], "places": places.int()}

    def decode(self, sent: dict[str, Tensor], size: int) -> Tensor:
        """Put the values in their places, and zeros elsewhere."""
        values = torch.zeros(size)
        values[sent["places"].long()] = sent["values"]
        return values
