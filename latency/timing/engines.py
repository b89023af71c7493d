"""Models opened in inference engines: the calls that are timed, here and on remote devices.

This file is sent to remote devices as it stands: Python 3.9, numpy and the engine's own package
suffice. They are imported where they are used, so that a missing one can be named.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .measurement import Call

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
"""What an ONNX input may be, by its type: numpy's name of it."""


@dataclass(frozen=True)
class Engine:
    """What installs an engine (``package``), and what opens a model in it.

    ``open`` takes the bytes of a model, threads, and images a call where the model leaves that
    open; the call it returns waits for its result.
    """

    package: str
    open: Callable[[bytes, int, int], Call]


def open_session(model: bytes, threads: int = 1) -> Any:
    """Open an ONNX Runtime session as it is timed: so many threads, every graph optimisation.

    Raises:
        RuntimeError: ONNX Runtime refuses the model. Its own errors have no base in common.
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


def onnxruntime_options(threads: int) -> Any:
    """Return the options of a session that is timed."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 3
    return options


def open_interpreter(model: bytes, threads: int = 1) -> Any:
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
    values = []
    for given in session.get_inputs():
        if not all(isinstance(size, int) for size in given.shape[1:]):
            raise RuntimeError(
                f"its input {given.name} of shape {given.shape} leaves more open than the batch: "
                "fix it with onnxruntime.tools.make_dynamic_shape_fixed"
            )
        if given.type not in ONNX_TYPES:
            raise RuntimeError(f"its input {given.name} is of type {given.type}")
        shape = [size if isinstance(size, int) else batch for size in given.shape]
        value = random_images(shape).astype(ONNX_TYPES[given.type])
        values.append(onnxruntime.OrtValue.ortvalue_from_numpy(value))
        binding.bind_ortvalue_input(given.name, values[-1])
    for output in session.get_outputs():
        binding.bind_output(output.name)

    def call(_alive: list[Any] = values) -> None:
        session.run_with_iobinding(binding)

    return call


def litert_call(model: bytes, threads: int, _batch: int) -> Call:
    """Open an interpreter filled with random input; a TFLite file fixes its batch itself."""
    interpreter = open_interpreter(model, threads)
    for given in interpreter.get_input_details():
        value = random_images(given["shape"]).astype(given["dtype"])
        interpreter.set_tensor(given["index"], value)
    call: Call = interpreter.invoke
    return call


def random_images(shape: Sequence[int]) -> Any:
    """Return standard normal float32 values, always the same ones."""
    import numpy

    return numpy.random.default_rng(0).standard_normal(shape, dtype=numpy.float32)


ENGINES: dict[str, Engine] = {
    "onnxruntime": Engine("onnxruntime", onnxruntime_call),
    "litert": Engine("ai-edge-litert", litert_call),
}
"""The engines that open model files, by the name of their runtime."""
