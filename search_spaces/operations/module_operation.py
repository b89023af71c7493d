"""Operations that are defined by a PyTorch module only."""

from abc import abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING

from ..layer import Layer
from .base import Operation

if TYPE_CHECKING:
    from torch import nn

    from .counting import Counts


class ModuleOperation(Operation):
    """An operation that only PyTorch can run: it has a module, and no layers.

    It is searched, trained and profiled on PyTorch like any other. It cannot be lowered to ONNX or
    TFLite, so their runtimes and the export refuse it. Its parameters, MACs and activations are
    counted by running the module on the meta device.

    The module must not change its input, and must draw no random numbers; otherwise a resumed
    search would differ from an uninterrupted one.
    """

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Empty: it has no layers."""
        return ()

    @abstractmethod
    def module(self, running_statistics: bool = True) -> "nn.Module":
        """Return a new module that computes the operation without its residual connection.

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
        """All parameters as weights, because it is not known which of them could be folded."""
        return self._counts.parameters, 0

    @cached_property
    def peak_activations(self) -> int:
        """Peak count of activations held in memory at once for one image, over all submodules."""
        return self._counts.peak_activations

    @cached_property
    def _counts(self) -> "Counts":
        from .counting import count  # imports torch, so only when something is counted

        return count(self)
