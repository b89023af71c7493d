"""What a network is made of: frozen specs from which everything else follows.

A spec alone produces its module, its graph (:mod:`search_spaces.graphs`), its key in a latency
table, its parameters, MACs and output shape, its looks, and its JSON. Operations are what a table
times: whole blocks, because runtimes fuse across anything smaller.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from ..errors import InputError
from ..layer import Layer
from ..schema import STRICT
from .style import Style
from .traits import Traits

if TYPE_CHECKING:
    from torch import nn

    from .place import Place

Shape = tuple[int, int, int]


class Operation(ABC):
    """The interface of every operation: subclasses are frozen dataclasses of plain data.

    A subclass has a field ``kind`` with a constant, the name that it is registered by, and says
    what is abstract here. If it is made of layers (:mod:`search_spaces.layer`) everything else
    follows, also its graphs for ONNX and TFLite. Where there is only a PyTorch module, subclass
    :class:`search_spaces.ModuleOperation`.
    """

    __pydantic_config__ = STRICT

    @property
    @abstractmethod
    def kind(self) -> str:
        """The name by which JSON, registries and evaluators know operations of this class."""

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
        """Everything that changes the time of this operation, in one string."""

    @property
    @abstractmethod
    def label(self) -> str:
        """The name the literature uses, such as ``MB6_5x5``: different for different candidates."""

    @property
    @abstractmethod
    def style(self) -> Style:
        """How pictures show it."""

    @property
    @abstractmethod
    def layers(self) -> tuple[Layer, ...]:
        """The primitive layers, in order; empty where there are none, or only a module."""

    @property
    def traits(self) -> Traits:
        """What it has in common with other operations."""
        return Traits({})

    @property
    def residual(self) -> bool:
        """Whether the input is added to the output."""
        return False

    @property
    def free(self) -> bool:
        """Whether the operation does nothing and so takes no time on any device."""
        return False

    @property
    def lowerable(self) -> bool:
        """Whether it can become part of an ONNX or TFLite file: whether it is made of layers."""
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
        """The most numbers of activations alive at once for one image.

        Layers run one after the other, each with its input and its output in memory; the input of
        a residual operation stays until it is added. (Lin et al., MCUNet, 2020, count alike.)
        """
        if not self.layers:
            return 0
        kept = self.layers[0].input_size if self.residual else 0
        sizes = [layer.input_size + layer.output_size for layer in self.layers]
        return max(size + (kept if number else 0) for number, size in enumerate(sizes))

    def module(self, running_statistics: bool = True) -> "nn.Module":
        """Return a fresh module of what it computes before its residual, if any, is added.

        Without ``running_statistics`` batch norms use the statistics of the batch at hand, always,
        and remember nothing (see :class:`search_spaces.modules.ConvNormActivation`).
        """
        from ..modules import layered  # and with it torch: only when something is built

        return layered(self.layers, running_statistics, self.residual)

    @classmethod
    def candidates(cls, place: "Place") -> Sequence["Operation"]:
        """Return the operations of this class to choose from at a place of a space.

        Raises:
            InputError: it has none to offer.
        """
        kind = getattr(cls, "kind", cls.__name__)
        raise InputError(f"operation {kind!r} offers no candidates: leave it out of `operations`")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Read and write any operation by its ``kind``; subclasses are dataclasses."""
        if cls is not Operation:
            return handler(source)
        from .registry import operation_from, operation_to

        return core_schema.no_info_plain_validator_function(
            operation_from,
            serialization=core_schema.plain_serializer_function_ser_schema(operation_to),
        )


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
