"""LiteRT (TensorFlow Lite) on the CPU, with its XNNPACK delegate."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from search_spaces import InputError
from search_spaces.graphs.weights import random_weights
from search_spaces.operation import Operation

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

    def prepare_operations(self, operations: Sequence[Operation], settings: Settings) -> Call:
        """Lower to TFLite and allocate an interpreter for it."""
        from search_spaces.graphs.tflite import tflite_model

        model = tflite_model(operations, random_weights(operations), settings.batch)
        return _filled(open_interpreter(model, settings.threads))

    def prepare_file(self, path: Path, settings: Settings) -> Call:
        """Open a TFLite file."""
        try:
            return _filled(open_interpreter(path.read_bytes(), settings.threads))
        except FileNotFoundError:
            raise InputError(f"model {path} does not exist") from None
        except (ValueError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            raise InputError(f"LiteRT cannot open {path}: {reason}") from None


def open_interpreter(model: bytes, threads: int = 1) -> Any:
    """Return an interpreter with its tensors allocated."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=model, num_threads=threads)
    interpreter.allocate_tensors()
    return interpreter


def _filled(interpreter: Any) -> Call:
    generator = np.random.default_rng(0)
    for given in interpreter.get_input_details():
        value = generator.standard_normal(given["shape"], dtype=np.float32)
        interpreter.set_tensor(given["index"], value.astype(given["dtype"]))
    return interpreter.invoke
