"""States and contributions as bytes, to be sent, and read back from whoever sent them."""

import io
from collections.abc import Mapping

import safetensors.torch
import torch
from torch import Tensor

from ..errors import DistributedError, first_line
from ..plain_state import load_plain_state
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
        DistributedError: it is none, or would unpack to more than was sent; as of
            :func:`load_plain_state`.
    """
    try:
        return load_plain_state(io.BytesIO(payload.numpy().tobytes()))
    except ValueError as error:
        raise DistributedError(
            f"the state that another worker sent is damaged ({_plain(error)}): start all workers "
            "again; they continue from the last checkpoint"
        ) from None
    except MemoryError:
        raise DistributedError(
            "the state that another worker sent asks for more memory than there is here: close "
            "other programs, and start this worker again"
        ) from None


def tensors_of(payload: Tensor, rank: int) -> Mapping[str, Tensor]:
    """Return what a worker contributed, by name; safetensors bounds it by what was sent.

    Raises:
        DistributedError: it is no contribution.
    """
    try:
        return safetensors.torch.load(payload.numpy().tobytes())
    except MemoryError:  # this machine's, not the sender's fault
        raise
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
