"""ONNX Runtime on the CPU."""

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state

from search_spaces import InputError
from search_spaces.graphs.onnx import onnx_model
from search_spaces.graphs.weights import random_weights
from search_spaces.operation import Operation

from ..settings import Settings
from .base import Call, Runtime

REFUSALS = tuple(
    kind
    for kind in vars(onnxruntime_pybind11_state).values()
    if isinstance(kind, type) and issubclass(kind, Exception)
)
"""What ONNX Runtime raises: a family without a common base."""


class OnnxRuntime(Runtime):
    """All graph optimisations, prepacked weights, input and output bound once."""

    name = "onnxruntime"
    package = "onnxruntime"
    suffix = ".onnx"

    @property
    def version(self) -> str:
        """Version of the installed package."""
        return version("onnxruntime")

    def prepare_operations(self, operations: Sequence[Operation], settings: Settings) -> Call:
        """Lower to ONNX and open a session on it."""
        model = onnx_model(operations, random_weights(operations), settings.batch)
        return _bound(open_session(model.SerializeToString(), settings.threads), settings.batch)

    def prepare_file(self, path: Path, settings: Settings) -> Call:
        """Open an ONNX file."""
        try:
            session = open_session(path.read_bytes(), settings.threads)
        except FileNotFoundError:
            raise InputError(f"model {path} does not exist") from None
        except RuntimeError as error:
            reason = str(error).splitlines()[0]
            raise InputError(f"ONNX Runtime cannot open {path}: {reason}") from None
        return _bound(session, settings.batch)


def open_session(model: bytes, threads: int = 1) -> onnxruntime.InferenceSession:
    """Open a session as it is timed: so many threads, every graph optimisation."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except REFUSALS as error:
        raise RuntimeError(str(error)) from None


def _bound(session: onnxruntime.InferenceSession, batch: int) -> Call:
    binding = session.io_binding()
    generator = np.random.default_rng(0)
    for given in session.get_inputs():
        shape = [size if isinstance(size, int) else batch for size in given.shape]
        value = generator.standard_normal(shape, dtype=np.float32)
        binding.bind_ortvalue_input(given.name, onnxruntime.OrtValue.ortvalue_from_numpy(value))
    for output in session.get_outputs():
        binding.bind_output(output.name)
    return lambda: session.run_with_iobinding(binding)
