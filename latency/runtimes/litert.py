"""LiteRT (TensorFlow Lite) on the CPU, with its XNNPACK delegate."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

from search_spaces import InputError
from search_spaces.graphs.weights import random_weights
from search_spaces.operation import Operation

from ..settings import Settings
from .base import FileRuntime


class LiteRT(FileRuntime):
    """The interpreter as phones and boards run it."""

    name = "litert"
    package = "ai-edge-litert"
    suffix = ".tflite"

    @property
    def version(self) -> str:
        """Version of the installed package."""
        try:
            return version(self.package)
        except PackageNotFoundError:
            raise InputError(
                "runtime litert needs the package ai-edge-litert: pip install 'proxyless[tflite]'"
            ) from None

    def lower(self, operations: Sequence[Operation], settings: Settings) -> bytes:
        """Lower to TFLite."""
        from search_spaces.graphs.tflite import tflite_model

        return tflite_model(operations, random_weights(operations), settings.batch)
