"""Operations of a network: frozen specs from which everything else is derived.

A spec determines its module, its graph (:mod:`search_spaces.graphs`), its key in a latency table,
its parameters, MACs and output shape, its style in pictures, and its JSON. A latency table times
operations, which are whole blocks because runtimes fuse smaller units.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from ..errors import InputError
from ..fields import check_fields
from ..layer import Layer, Shape
from ..schema import STRICT
from .style import Style
from .traits import Traits

if TYPE_CHECKING:
    from torch import nn

    from .place import Place


class Operation(ABC):
    """The interface of every operation: subclasses are frozen dataclasses of plain data.

    A subclass has a constant field ``kind``, the name that it is registered by, and implements the
    abstract properties. If it is made of layers (:mod:`search_spaces.layer`), everything else is
    derived, including its graphs for ONNX and TFLite. If it has only a PyTorch module, subclass
    :class:`search_spaces.ModuleOperation`.
    """

    __pydantic_config__ = STRICT

    def __post_init__(self) -> None:
        """Check the fields' ranges, such as those of :mod:`search_spaces.dimensions`."""
        check_fields(self)  # type: ignore[arg-type]

    @property
    @abstractmethod
    def kind(self) -> str:
        """The name of this class in JSON and in the registries of operations and evaluators."""

    @property
    @abstractmethod
    def input_shape(self) -> Shape:
        """(channels, height, width)."""

    @property
    @abstractmethod
    def output_shape(self) -> tuple[int, ...]:
        """(channels, height, width), or (classes,)."""

    @property
    @abstractmethod
    def key(self) -> str:
        """All parameters that affect the latency of this operation, as one string."""

    @property
    @abstractmethod
    def label(self) -> str:
        """The name the literature uses, such as ``MB6_5x5``: different for different candidates."""

    @property
    @abstractmethod
    def style(self) -> Style:
        """How pictures show this operation."""

    @property
    @abstractmethod
    def layers(self) -> tuple[Layer, ...]:
        """The primitive layers, in order; empty for zero and for operations with only a module."""

    @property
    def traits(self) -> Traits:
        """Named properties by which operations are compared."""
        return Traits({})

    @property
    def residual(self) -> bool:
        """Whether the input is added to the output."""
        return False

    @property
    def free(self) -> bool:
        """Whether the operation computes nothing and so takes no time on any device."""
        return False

    @property
    def lowerable(self) -> bool:
        """Whether it can be lowered to ONNX and TFLite: whether it is free or made of layers."""
        return self.free or bool(self.layers)

    @cached_property
    def parameters(self) -> int:
        """Learnable numbers."""
        return sum(layer.parameters for layer in self.layers)

    @cached_property
    def macs(self) -> int:
        """Multiply-accumulates for one image."""
        return sum(layer.macs for layer in self.layers)

    @cached_property
    def deployed_weights(self) -> tuple[int, int]:
        """Weights and biases of the deployed operation: batch norms are folded into them."""
        kernels = sum(layer.kernel_size for layer in self.layers)
        return kernels, sum(layer.biases for layer in self.layers)

    @cached_property
    def peak_activations(self) -> int:
        """Peak count of activations held in memory at once for one image.

        Layers run in sequence, each with its input and its output in memory; the input of a
        residual operation is kept until it is added. (Lin et al., MCUNet, 2020, count likewise.)
        """
        if not self.layers:
            return 0
        kept = self.layers[0].input_size if self.residual else 0
        sizes = [layer.input_size + layer.output_size for layer in self.layers]
        return max(size + (kept if number else 0) for number, size in enumerate(sizes))

    def module(self, running_statistics: bool = True) -> "nn.Module":
        """Return a new module that computes the operation without its residual connection.

        Without ``running_statistics`` batch norms always use the statistics of the current batch
        and keep no running averages (see :class:`search_spaces.layer_modules.ConvNormActivation`).
        """
        from ..layer_modules import layered  # imports torch, so only when a module is built

        return layered(self.layers, running_statistics, self.residual)

    @classmethod
    def candidates(cls, place: "Place") -> Sequence["Operation"]:
        """Return the candidates of this class for a searched block.

        Raises:
            InputError: this class offers no candidates.
        """
        kind = getattr(cls, "kind", cls.__name__)
        raise InputError(f"operation {kind!r} offers no candidates: leave it out of `operations`")


class Spatial(Operation):
    """An operation from one feature map to another, made of layers."""

    in_channels: int
    out_channels: int
    resolution: int

    @property
    def input_shape(self) -> Shape:
        """(channels, height, width)."""
        return (self.in_channels, self.resolution, self.resolution)

    @property
    def output_shape(self) -> Shape:
        """(channels, height, width)."""
        side = self.layers[-1].output_resolution
        return (self.out_channels, side, side)
