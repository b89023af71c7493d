"""LiteRT (TensorFlow Lite) on the CPU, with its XNNPACK delegate."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from search_spaces import InputError
from search_spaces.graphs.weights import random_weights
from search_spaces.operation import Operation

from ..engines import litert_call, open_interpreter
from ..settings import Settings
from .base import Call, Runtime


class LiteRT(Runtime):
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

    def prepare_operations(self, operations: Sequence[Operation], settings: Settings) -> Call:
        """Lower to TFLite and allocate an interpreter for it."""
        return litert_call(self.lower(operations, settings), settings.threads, settings.batch)

    def prepare_file(self, path: Path, settings: Settings) -> Call:
        """Open a TFLite file."""
        try:
            return litert_call(path.read_bytes(), settings.threads, settings.batch)
        except FileNotFoundError:
            raise InputError(f"model {path} does not exist") from None
        except (ValueError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            raise InputError(f"LiteRT cannot open {path}: {reason}") from None


__all__ = ["LiteRT", "open_interpreter"]
