"""ONNX Runtime on the CPU."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from search_spaces import Operation
from search_spaces.graphs.onnx import onnx_model
from search_spaces.graphs.quantised import quantised_onnx
from search_spaces.graphs.weights import random_weights

from .base import FileRuntime

if TYPE_CHECKING:
    from numpy.typing import NDArray


class OnnxRuntime(FileRuntime):
    """All graph optimisations, prepacked weights, input and output bound once."""

    name = "onnxruntime"
    package = "onnxruntime"
    suffix = ".onnx"

    @property
    def version(self) -> str:
        """Version of the installed package."""
        return version("onnxruntime")

    def lower(self, operations: Sequence[Operation], batch: int) -> bytes:
        """Lower to ONNX."""
        model = onnx_model(operations, random_weights(operations), batch)
        return model.SerializeToString()

    def quantise(self, model: bytes, images: "Sequence[NDArray[Any]]") -> bytes:
        """Quantise with ONNX Runtime's own tool."""
        return quantised_onnx(model, images)
