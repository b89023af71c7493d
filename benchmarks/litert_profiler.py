"""Milliseconds of every node of a TFLite model, from LiteRT's own profiler.

Python has no binding for it, so this calls the C API of ``libLiteRt.so`` (ai-edge-litert 2.3):
an environment, a model, a compiled model whose runtime options enable profiling, one buffer for
its input and one for its output.
"""

import ctypes
import tempfile
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

Pointer = ctypes.c_void_p
CPU = 1
"""Of the set of hardware accelerators."""
CALL, DELEGATED_NODE = 1, 8
"""Types of events: of a function, and of one of the nodes of a delegate, here XNNPACK."""
OPTIONS = b"runtime_options_string"
PROFILING = b"enable_profiling = true\n"


class Event(ctypes.Structure):
    """``ProfiledEventData`` of the C API; memory in use before and after is not looked at."""

    _fields_ = (
        ("tag", ctypes.c_char_p),
        ("kind", ctypes.c_int),
        ("start_us", ctypes.c_uint64),
        ("elapsed_us", ctypes.c_uint64),
        ("memory", ctypes.c_int64 * 6),
        ("metadata", ctypes.c_uint64 * 2),
        ("source", ctypes.c_int),
    )


def node_times(
    model: bytes, warmups: int, calls: int
) -> Iterator[tuple[float, list[tuple[str, float]]]]:
    """Run a model of one input and one output; yield the ms of each call, and (node, ms) in it."""
    library = _Library()
    environment = library.get("CreateEnvironment", 0, None)
    with tempfile.NamedTemporaryFile(suffix=".tflite") as file:
        Path(file.name).write_bytes(model)
        loaded = library.get("CreateModelFromFile", environment, file.name.encode())
    options = library.get("CreateOptions")
    library.do("SetOptionsHardwareAccelerators", options, CPU)
    text = ctypes.create_string_buffer(PROFILING)  # ours: nothing has to release it
    release = ctypes.CFUNCTYPE(None, Pointer)(lambda _: None)
    payload = ctypes.cast(text, Pointer)
    profiling = library.get("CreateOpaqueOptions", OPTIONS, payload, release)
    library.do("AddOpaqueOptions", options, profiling)
    compiled = library.get("CreateCompiledModel", environment, loaded, options)
    profiler = library.get("CompiledModelGetProfiler", compiled)
    signature = library.get("GetModelSignature", loaded, _size(0))
    buffers = []
    for side in ("Input", "Output"):
        ask = f"GetCompiledModel{side}BufferRequirements"
        needs = library.get(ask, compiled, _size(0), _size(0))
        tensor = library.get(f"GetSignature{side}TensorByIndex", signature, _size(0))
        kind = (ctypes.c_uint8 * 512)()  # a ranked tensor type, and room to spare
        library.do("GetRankedTensorType", tensor, kind)
        made = library.get("CreateManagedTensorBufferFromRequirements", environment, kind, needs)
        buffers += [_size(1), ctypes.byref(made)]
    for number in range(warmups + calls):
        library.do("ResetProfiler", profiler)
        library.do("StartProfiler", profiler)
        library.do("RunCompiledModel", compiled, _size(0), *buffers)
        library.do("StopProfiler", profiler)
        count = ctypes.c_int()
        library.do("GetNumProfilerEvents", profiler, ctypes.byref(count))
        events = (Event * count.value)()
        library.do("GetProfilerEvents", profiler, count, events)
        if number >= warmups:
            (whole,) = (e.elapsed_us for e in events if (e.tag, e.kind) == (b"Invoke", CALL))
            nodes = (event for event in events if event.kind == DELEGATED_NODE)
            yield whole / 1e3, [(node.tag.decode(), node.elapsed_us / 1e3) for node in nodes]
    library.destroy("CompiledModel", compiled)
    library.destroy("Options", options)
    library.destroy("Model", loaded)
    library.destroy("Environment", environment)


class _Library:
    """``libLiteRt.so``: every function returns a status, and what it makes by its last argument."""

    def __init__(self) -> None:
        path = files("ai_edge_litert").joinpath("libLiteRt.so")
        self.library = ctypes.CDLL(str(path))

    def do(self, name: str, *arguments: object) -> None:
        """Call a function; raise where its status is not 0."""
        status = getattr(self.library, f"LiteRt{name}")(*arguments)
        if status != 0:
            raise RuntimeError(f"LiteRt{name} returned status {status}")

    def get(self, name: str, *arguments: object) -> Pointer:
        """Call a function and return the handle that it makes."""
        made = Pointer()
        self.do(name, *arguments, ctypes.byref(made))
        return made

    def destroy(self, what: str, handle: Pointer) -> None:
        """Release what :meth:`get` returned."""
        getattr(self.library, f"LiteRtDestroy{what}")(handle)


def _size(number: int) -> ctypes.c_size_t:
    return ctypes.c_size_t(number)
