"""States as bytes, to be sent."""

import io

import torch
from torch import Tensor

from ..state import State


def to_bytes(state: State) -> Tensor:
    """Return a state as uint8, (bytes,)."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return torch.frombuffer(bytearray(buffer.getvalue()), dtype=torch.uint8)


def from_bytes(payload: Tensor) -> State:
    """Return the state that :func:`to_bytes` was given, on the CPU; nothing in it is executed."""
    buffer = io.BytesIO(payload.numpy().tobytes())
    state: State = torch.load(buffer, map_location="cpu", weights_only=True)
    return state
