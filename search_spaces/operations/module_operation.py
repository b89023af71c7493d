"""An operation that is a PyTorch module and nothing else."""

from abc import abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING

from ..layer import Layer
from .base import Operation

if TYPE_CHECKING:
    from torch import nn

    from ..counting import Counts


class ModuleOperation(Operation):
    """An operation that only PyTorch can run: it has a module, and no layers.

    It is searched, trained and profiled on PyTorch as any other. It cannot be lowered to ONNX or
    TFLite, so neither these runtimes nor the export take it. What it takes is counted by running
    it on shapes alone.

    The module must leave its input as it is, and draw no random numbers: a search that is resumed
    would not be the same one.
    """

    @property
    def layers(self) -> tuple[Layer, ...]:
        """None."""
        return ()

    @abstractmethod
    def module(self, running_statistics: bool = True) -> "nn.Module":
        """Return a fresh module of what it computes before its residual, if any, is added.

        Without ``running_statistics`` batch norms are made with ``track_running_stats=False``.
        """

    @cached_property
    def parameters(self) -> int:
        """Learnable numbers."""
        return self._counts.parameters

    @cached_property
    def macs(self) -> int:
        """Multiply-accumulates for one image, of convolutions and matrix products."""
        return self._counts.macs

    @cached_property
    def deployed_weights(self) -> tuple[int, int]:
        """All its parameters, as weights: nothing says which of them could be folded."""
        return self._counts.parameters, 0

    @cached_property
    def peak_activations(self) -> int:
        """The most numbers of activations alive at once for one image, submodule by submodule."""
        return self._counts.peak_activations

    @cached_property
    def _counts(self) -> "Counts":
        from ..counting import count  # and with it torch: only when something is counted

        return count(self)
