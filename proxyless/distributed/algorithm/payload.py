"""States and contributions as bytes, to be sent, and read back from whoever sent them."""

import io
import zipfile
from collections.abc import Mapping

import safetensors.torch
import torch
from torch import Tensor

from ..errors import DistributedError, first_line
from ..state import State

LEAST_MESSAGE = 1 << 24
"""Bytes that any message may have, however small the network is."""


def to_bytes(state: State) -> Tensor:
    """Return a state as uint8, (bytes,)."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return torch.frombuffer(bytearray(buffer.getvalue()), dtype=torch.uint8)


def from_bytes(payload: Tensor) -> State:
    """Return the state that :func:`to_bytes` was given, on the CPU; nothing in it is executed.

    Raises:
        DistributedError: it is none, or would unpack to more than was sent.
    """
    content = payload.numpy().tobytes()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if not unpacked <= len(content):
            raise ValueError(f"it unpacks to {unpacked} bytes")
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        if not isinstance(state, dict):
            raise ValueError("it is no dictionary")
    except Exception as error:  # a decoder may raise anything, given a stranger's bytes
        raise DistributedError(
            f"the state that another worker sent is damaged ({_plain(error)}): start all workers "
            "again; they continue from the last checkpoint"
        ) from None
    return state


def tensors_of(payload: Tensor, rank: int) -> Mapping[str, Tensor]:
    """Return what a worker contributed, by name; safetensors bounds it by what was sent.

    Raises:
        DistributedError: it is no contribution.
    """
    try:
        return safetensors.torch.load(payload.numpy().tobytes())
    except Exception as error:  # a decoder may raise anything, given a stranger's bytes
        raise refused(rank, _plain(error)) from None


def refused(rank: int, why: str) -> DistributedError:
    """Return the error of a contribution that no worker of the same training sends."""
    return DistributedError(
        f"what worker {rank} contributed is nothing to train with ({why}): start all workers with "
        "the same release, options and network; they continue from the last checkpoint"
    )


def _plain(error: Exception) -> str:
    """Return a decoder's reason, without advice on how to read unsafely what is refused."""
    return first_line(error).partition(". ")[0][:200]
