"""Opening models in inference engines: the timed calls, on this machine and on remote devices.

This file is sent to remote devices as source, so it must run with Python 3.9, numpy and the
engine's package. They are imported inside functions, so that a missing one is reported.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .measurement import Call

if TYPE_CHECKING:
    import numpy
    from ai_edge_litert.interpreter import Interpreter
    from numpy.typing import NDArray
    from onnxruntime import InferenceSession, SessionOptions

ONNX_TYPES = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(double)": "float64",
    "tensor(uint8)": "uint8",
    "tensor(int8)": "int8",
    "tensor(int32)": "int32",
    "tensor(int64)": "int64",
    "tensor(bool)": "bool",
}
"""Supported types of ONNX inputs, and their names in numpy."""


def open_session(model: bytes, threads: int = 1) -> "InferenceSession":
    """Open an ONNX Runtime session as it is timed: so many threads, every graph optimisation.

    Raises:
        RuntimeError: ONNX Runtime refuses the model. Its own exceptions have no common base.
    """
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state

    refusals = tuple(
        kind
        for kind in vars(onnxruntime_pybind11_state).values()
        if isinstance(kind, type) and issubclass(kind, Exception)
    )
    options = onnxruntime_options(threads)
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except refusals as error:
        raise RuntimeError(str(error)) from None


def onnxruntime_options(threads: int) -> "SessionOptions":
    """Return the options of a session that is timed."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 3
    return options


def open_interpreter(model: bytes, threads: int = 1) -> "Interpreter":
    """Return a LiteRT interpreter with its tensors allocated."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=model, num_threads=threads)
    interpreter.allocate_tensors()
    return interpreter


def onnxruntime_call(model: bytes, threads: int, batch: int) -> Call:
    """Open a session with random input and its output bound once."""
    import onnxruntime

    session = open_session(model, threads)
    binding = session.io_binding()
    inputs = []
    for node in session.get_inputs():
        if not all(isinstance(size, int) for size in node.shape[1:]):
            raise RuntimeError(
                f"its input {node.name} of shape {node.shape} leaves more open than the batch: "
                "fix it with onnxruntime.tools.make_dynamic_shape_fixed"
            )
        if node.type not in ONNX_TYPES:
            raise RuntimeError(f"its input {node.name} is of type {node.type}")
        shape = [size if isinstance(size, int) else batch for size in node.shape]
        value = random_images(shape).astype(ONNX_TYPES[node.type])
        inputs.append(onnxruntime.OrtValue.ortvalue_from_numpy(value))
        binding.bind_ortvalue_input(node.name, inputs[-1])
    for node in session.get_outputs():
        binding.bind_output(node.name)

    def call(
        _alive: "list[object]" = inputs,
    ) -> None:  # the binding holds no reference to its inputs
        session.run_with_iobinding(binding)

    return call


def litert_call(model: bytes, threads: int, batch: int) -> Call:
    """Open an interpreter filled with random input; a TFLite file fixes its batch itself."""
    interpreter = open_interpreter(model, threads)
    for tensor in interpreter.get_input_details():
        value = random_images(tensor["shape"]).astype(tensor["dtype"])
        interpreter.set_tensor(tensor["index"], value)
    call: Call = interpreter.invoke
    return call


def random_images(shape: Sequence[int]) -> "NDArray[numpy.float32]":
    """Return standard normal float32 values from a fixed seed."""
    import numpy

    return numpy.random.default_rng(0).standard_normal(shape, dtype=numpy.float32)
