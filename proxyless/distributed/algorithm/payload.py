"""States as bytes, to be sent."""

import io
from typing import Any

import torch
from torch import Tensor


def to_bytes(state: dict[str, Any]) -> Tensor:
    """Return a state as uint8, (bytes,)."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return torch.frombuffer(bytearray(buffer.getvalue()), dtype=torch.uint8)


def from_bytes(payload: Tensor) -> dict[str, Any]:
    """Return the state that :func:`to_bytes` was given, on the CPU; nothing in it is executed."""
    buffer = io.BytesIO(payload.numpy().tobytes())
    state: dict[str, Any] = torch.load(buffer, map_location="cpu", weights_only=True)
    return state
