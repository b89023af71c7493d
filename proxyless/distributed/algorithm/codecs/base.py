"""The interface of a codec."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from ...defaults import KEPT

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class CodecOptions:
    """What a codec may be told: ``kept`` is the share of values to send, of those that choose."""

    kept: float = KEPT


class Codec(ABC):
    """Turns a gradient into what is sent, and back.

    What a codec loses is not lost: the worker adds it to what it sends next (error feedback; Seide
    et al. 2014, Karimireddy et al. 2019), unless ``exact`` says that there is nothing to add.
    """

    exact: ClassVar[bool] = False

    @classmethod
    def from_options(cls, options: CodecOptions) -> Self:
        """Make one as it was asked for by name; a class that has options takes them here."""
        return cls()

    @abstractmethod
    def encode(self, values: "Tensor") -> dict[str, "Tensor"]:
        """Turn float32 values (n,) into named tensors to send."""

    @abstractmethod
    def decode(self, sent: dict[str, "Tensor"], size: int) -> "Tensor":
        """Turn what was sent into float32 values (size,): the same on every worker."""
