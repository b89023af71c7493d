"""The interface of a codec, and the codec of each name."""

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor

from search_spaces import InputError

CODECS = ("dense", "half", "top-k")


class Codec(ABC):
    """Turns a gradient into what is sent, and back.

    What a codec loses is not lost: the worker adds it to what it sends next (error feedback; Seide
    et al. 2014, Karimireddy et al. 2019), unless ``exact`` says that there is nothing to add.
    """

    exact: ClassVar[bool] = False

    @abstractmethod
    def encode(self, values: Tensor) -> dict[str, Tensor]:
        """Turn float32 values (n,) into named tensors to send."""

    @abstractmethod
    def decode(self, sent: dict[str, Tensor], size: int) -> Tensor:
        """Turn what was sent into float32 values (size,): the same on every worker."""


def get_codec(name: str, ratio: float = 0.01) -> Codec:
    """Return the codec called ``name``; ``ratio`` is the share of values that top-k sends.

    Raises:
        InputError: there is no such codec.
    """
    from .dense import Dense
    from .half import Half
    from .top_k import TopK

    match name:
        case "dense":
            return Dense()
        case "half":
            return Half()
        case "top-k":
            return TopK(ratio)
    raise InputError(f"there is no codec {name!r}: choose one of {', '.join(CODECS)}")
