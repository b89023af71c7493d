"""Every value, in half as many bytes."""

import torch
from torch import Tensor

from .base import Codec

LARGEST = torch.finfo(torch.float16).max


class Half(Codec):
    """float16: two bytes a value. Values beyond its range are cut to it; the rest comes later."""

    def encode(self, values: Tensor) -> dict[str, Tensor]:
        """Round to float16."""
        return {"values": values.clamp(-LARGEST, LARGEST).half()}

    def decode(self, sent: dict[str, Tensor], size: int) -> Tensor:
        """Widen to float32."""
        return sent["values"].float()
