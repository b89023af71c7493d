"""Opens one model file in a process of its own, says what it is, and runs it on what it is sent.

``python model_child.py FILE BATCH ALLOWANCE SECONDS SECONDS_AN_IMAGE`` may take ALLOWANCE bytes
more than its engine does (0 for any number, which is what systems other than Linux get). It is run
by its path, in a fresh process, and imports nothing of ours. Whoever started it ends it after
SECONDS, for opening the file and for each run, and more for each image; twice as long of the
processor's time ends it where nobody is left to.

Answers are a line of JSON each, followed by as many arrays as its ``arrays`` says. The first ones
say ``step``: that the file is opened, and that it ran, a few times on random numbers. Then one
describes the file, and how much memory that took: the bytes by which the process grew at its
largest, from before the model was opened. Then every array on standard input is answered with the
model's outputs. Arrays are 8 bytes of length and an .npy.
"""

import contextlib
import io
import json
import math
import os
import re
import sys
import time
from typing import Any, BinaryIO

import numpy

RUNS = 3
KILOBYTE = 1024
KINDS = {
    "tensor(float)": "float32", "tensor(float16)": "float16", "tensor(double)": "float64",
    "tensor(uint8)": "uint8", "tensor(int8)": "int8", "tensor(uint16)": "uint16",
    "tensor(int16)": "int16", "tensor(uint32)": "uint32", "tensor(int32)": "int32",
    "tensor(uint64)": "uint64", "tensor(int64)": "int64", "tensor(bool)": "bool",
}  # fmt: skip
INTERNALS = re.compile(r"/onnxruntime_src/\S+:\d+ [^\n]*?\) (?=[A-Z])")
"""Where in its source ONNX Runtime failed: a place, and a function with its arguments."""
MEMORY_SIGNS = ("bad_alloc", "bad allocation", "failed to allocate", "unable to allocate")


class Onnx:
    """A model in ONNX Runtime."""

    def __init__(self, path: str) -> None:
        import onnxruntime

        self.kinds: list[str] = []
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"]
        )
        self.inputs = [self._tensor(tensor) for tensor in self.session.get_inputs()]
        self.outputs = [self._tensor(tensor) for tensor in self.session.get_outputs()]

    @staticmethod
    def _tensor(tensor: Any) -> "dict[str, Any]":
        shape = [size if isinstance(size, int) else None for size in tensor.shape]
        kind = KINDS.get(tensor.type, tensor.type)
        return {"name": tensor.name, "dtype": kind, "shape": shape}

    def run(self, arrays: "list[numpy.ndarray]") -> "list[Any]":
        """Return the outputs of a run on these inputs."""
        names = [tensor["name"] for tensor in self.inputs]
        return list(self.session.run(None, dict(zip(names, arrays, strict=True))))


class TFLite:
    """A model in LiteRT."""

    def __init__(self, path: str) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self.interpreter = Interpreter(model_path=path, num_threads=1)
        self.interpreter.allocate_tensors()
        self.inputs = list(map(self._tensor, self.interpreter.get_input_details()))
        self.outputs = list(map(self._tensor, self.interpreter.get_output_details()))
        details = self.interpreter.get_tensor_details()
        self.kinds = sorted({numpy.dtype(one["dtype"]).name for one in details if _computes(one)})

    @staticmethod
    def _tensor(tensor: Any) -> "dict[str, Any]":
        scale, zero = tensor["quantization"]
        described = {
            "name": str(tensor["name"]),
            "dtype": numpy.dtype(tensor["dtype"]).name,
            "shape": [int(size) for size in tensor["shape"]],
            "index": int(tensor["index"]),
        }
        return described if scale == 0 else {**described, "scale": float(scale), "zero": int(zero)}

    def run(self, arrays: "list[numpy.ndarray]") -> "list[Any]":
        """Return the outputs of a run on these inputs."""
        for tensor, array in zip(self.inputs, arrays, strict=True):
            self.interpreter.set_tensor(tensor["index"], array)
        self.interpreter.invoke()
        return [self.interpreter.get_tensor(tensor["index"]) for tensor in self.outputs]


def main() -> None:
    """Describe the file, then run what comes."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what an engine prints is no answer
    path, batch, allowance = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    seconds, an_image = float(sys.argv[4]), float(sys.argv[5])
    engine = _engine(path)
    _limit(allowance)
    with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # the peak begins anew
    before = _status("VmRSS")
    doing = "opened"
    try:
        _limit_time(seconds + an_image * batch)
        model = engine(path)
        description = {"inputs": model.inputs, "kinds": model.kinds, "outputs": []}
        unfit = _unfit(model.inputs)
        if unfit is not None:
            _answer(answers, {**description, "unfit": unfit}, [])
            return
        _answer(answers, {"step": "opened"})
        doing = "run"
        given = [_random(tensor, batch) for tensor in model.inputs]
        for _ in range(RUNS):
            _limit_time(seconds + an_image * batch)
            results = model.run(given)
            _answer(answers, {"step": "run"})
        described = [
            {**tensor, "shape": list(getattr(result, "shape", ()))}
            for tensor, result in zip(model.outputs, results, strict=True)
        ]
        peak = _status("VmHWM")
        memory = None if before is None or peak is None else max(peak - before, 0)
        _answer(answers, {**description, "outputs": described, "memory": memory}, [])
        while (array := _read(sys.stdin.buffer)) is not None:
            _limit_time(seconds + an_image * len(array))
            results = model.run([array])
            _answer(answers, {}, [result for result in results if _is_array(result)])
    except Exception as error:  # of any kind: the file is a stranger's
        _answer(answers, {"failed": _reason(error), "doing": doing, "memory_out": _is_out(error)})


def _engine(path: str) -> "type[Onnx | TFLite]":
    """Return what opens a file, its engine imported: that is not the file's memory."""
    if path.endswith(".onnx"):
        import onnxruntime  # noqa: F401

        return Onnx
    import ai_edge_litert.interpreter  # noqa: F401

    return TFLite


def _limit(allowance: int) -> None:
    """Let the process take so many bytes more than it has now."""
    used = _status("VmData")
    if not allowance or used is None:
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = used + allowance
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


def _limit_time(seconds: float) -> None:
    """Let the process compute for twice so many seconds from now on."""
    try:
        import resource
    except ImportError:  # not on Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    most = math.ceil(time.process_time() + 2 * seconds)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (most, hard))


def _computes(tensor: Any) -> bool:
    """Whether a tensor's numbers are computed with: floats, or integers that stand for others."""
    return bool(numpy.dtype(tensor["dtype"]).kind == "f" or tensor["quantization"][0] != 0)


def _unfit(inputs: "list[dict[str, Any]]") -> "str | None":
    """Return why a file can be given no numbers; None if it can."""
    if not inputs:
        return "it takes no input"
    for tensor in inputs:
        name, shape, kind = tensor["name"], tensor["shape"], tensor["dtype"]
        if kind not in KINDS.values():
            return f"its input {name} is of type {kind}"
        if None in shape[1:]:
            return (
                f"its input {name} of shape {shape} leaves more open than the batch: "
                "fix it with onnxruntime.tools.make_dynamic_shape_fixed"
            )
        if any(size is not None and size < 1 for size in shape):
            return f"its input {name} of shape {shape} takes nothing"
    return None


def _random(tensor: "dict[str, Any]", batch: int) -> "numpy.ndarray":
    """Return the numbers that a timed model is given."""
    shape = [batch if size is None else size for size in tensor["shape"]]
    values = numpy.random.default_rng(0).standard_normal(shape, dtype=numpy.float32)
    with numpy.errstate(invalid="ignore"):
        given: numpy.ndarray = values.astype(tensor["dtype"])
    return given


def _is_array(value: object) -> bool:
    return isinstance(value, numpy.ndarray) and value.dtype != object


def _answer(answers: BinaryIO, content: "dict[str, Any]", arrays: "Any" = ()) -> None:
    answers.write(json.dumps({**content, "arrays": len(arrays)}).encode() + b"\n")
    for array in arrays:
        file = io.BytesIO()
        numpy.save(file, array)
        answers.write(len(file.getvalue()).to_bytes(8, "big") + file.getvalue())
    answers.flush()


def _read(stream: BinaryIO) -> "numpy.ndarray | None":
    length = stream.read(8)
    if len(length) < 8:
        return None
    array: numpy.ndarray = numpy.load(io.BytesIO(stream.read(int.from_bytes(length, "big"))))
    return array


def _reason(error: Exception) -> str:
    message = INTERNALS.sub("", str(error)).strip()
    return message.splitlines()[0][:500] if message else type(error).__name__


def _is_out(error: Exception) -> bool:
    said = str(error).lower()
    return isinstance(error, MemoryError) or any(sign in said for sign in MEMORY_SIGNS)


def _status(name: str) -> "int | None":
    try:
        with open("/proc/self/status") as file:
            entry = next(line for line in file if line.startswith(f"{name}:"))
    except (OSError, StopIteration):
        return None
    return int(entry.split()[1]) * KILOBYTE


if __name__ == "__main__":
    main()
