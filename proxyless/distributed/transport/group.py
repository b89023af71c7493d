"""Process groups, as far as they are used here."""

from typing import Protocol

from torch import Tensor
from torch.distributed import Work


class Group(Protocol):
    """A group of processes, gloo's or NCCL's: PyTorch's own stubs leave this out of both."""

    def send(self, tensors: list[Tensor], to: int, tag: int, /) -> Work:
        """Send to a member."""

    def recv(self, tensors: list[Tensor], sender: int, tag: int, /) -> Work:
        """Receive from a member, into the tensors."""

    def allreduce(self, tensors: list[Tensor], /) -> Work:
        """Sum over the members, in place."""
