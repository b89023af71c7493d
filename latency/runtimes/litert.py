"""LiteRT (TensorFlow Lite) on the CPU, with its XNNPACK delegate."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from search_spaces import Operation
from search_spaces.graphs.quantised import quantised_tflite
from search_spaces.graphs.tflite import tflite_model
from search_spaces.graphs.weights import random_weights
from search_spaces.optional import not_installed

from ..timing.engines import litert_call
from .base import Call, FileRuntime

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class LiteRT(FileRuntime):
    """The LiteRT interpreter, as on phones and boards."""

    name = "litert"
    package = "ai-edge-litert"
    suffix = ".tflite"
    remote_engine = "latency.timing.engines:litert_call"

    @property
    def version(self) -> str:
        """Version of the installed package."""
        try:
            return version(self.package)
        except PackageNotFoundError:
            raise not_installed("runtime litert", self.package, "tflite") from None

    def lower(self, operations: Sequence[Operation], batch: int) -> bytes:
        """Lower to TFLite."""
        return tflite_model(operations, random_weights(operations), batch)

    def quantise(self, model: bytes, images: "Sequence[NDArray[np.float32]]") -> bytes:
        """Quantise with LiteRT's quantiser."""
        return quantised_tflite(model, [batch.transpose(0, 2, 3, 1) for batch in images])

    def open(self, model: bytes, threads: int, batch: int) -> Call:
        """Open an interpreter filled with random input; a TFLite file fixes its batch itself."""
        return litert_call(model, threads, batch)
