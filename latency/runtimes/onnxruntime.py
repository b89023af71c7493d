"""ONNX Runtime on the CPU."""

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from search_spaces import InputError
from search_spaces.graphs.onnx import onnx_model
from search_spaces.graphs.weights import random_weights
from search_spaces.operation import Operation

from ..engines import onnxruntime_call, open_session
from ..settings import Settings
from .base import Call, Runtime


class OnnxRuntime(Runtime):
    """All graph optimisations, prepacked weights, input and output bound once."""

    name = "onnxruntime"
    package = "onnxruntime"
    suffix = ".onnx"

    @property
    def version(self) -> str:
        """Version of the installed package."""
        return version("onnxruntime")

    def lower(self, operations: Sequence[Operation], settings: Settings) -> bytes:
        """Lower to ONNX."""
        model = onnx_model(operations, random_weights(operations), settings.batch)
        return model.SerializeToString()

    def prepare_operations(self, operations: Sequence[Operation], settings: Settings) -> Call:
        """Lower to ONNX and open a session on it."""
        return onnxruntime_call(self.lower(operations, settings), settings.threads, settings.batch)

    def prepare_file(self, path: Path, settings: Settings) -> Call:
        """Open an ONNX file."""
        try:
            return onnxruntime_call(path.read_bytes(), settings.threads, settings.batch)
        except FileNotFoundError:
            raise InputError(f"model {path} does not exist") from None
        except RuntimeError as error:
            reason = str(error).splitlines()[0]
            raise InputError(f"ONNX Runtime cannot open {path}: {reason}") from None


__all__ = ["OnnxRuntime", "open_session"]
