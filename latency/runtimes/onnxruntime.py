"""ONNX Runtime on the CPU."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

from search_spaces import Operation
from search_spaces.graphs.onnx import onnx_model
from search_spaces.graphs.quantised import quantised_onnx
from search_spaces.graphs.weights import random_weights

from ..timing.engines import onnxruntime_call
from .base import Call, FileRuntime

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class OnnxRuntime(FileRuntime):
    """ONNX Runtime: all graph optimisations, prepacked weights, input and output bound once."""

    name = "onnxruntime"
    package = "onnxruntime"
    suffix = ".onnx"
    remote_engine = "latency.timing.engines:onnxruntime_call"

    @property
    def version(self) -> str:
        """Version of the installed package."""
        return version("onnxruntime")

    def lower(self, operations: Sequence[Operation], batch: int) -> bytes:
        """Lower to ONNX."""
        model = onnx_model(operations, random_weights(operations), batch)
        return model.SerializeToString()

    def quantise(self, model: bytes, images: "Sequence[NDArray[np.float32]]") -> bytes:
        """Quantise with ONNX Runtime's quantiser."""
        return quantised_onnx(model, images)

    def open(self, model: bytes, threads: int, batch: int) -> Call:
        """Open a session with random input and its output bound once."""
        return onnxruntime_call(model, threads, batch)
