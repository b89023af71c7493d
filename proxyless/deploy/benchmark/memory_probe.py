"""How much memory a model takes in a process that does nothing else.

``python memory_probe.py FILE`` prints the bytes by which the process grew at its largest, from
before the model was opened to after a few runs; nothing where the system does not tell. It is run
by its path, in a fresh process, and imports nothing of ours.
"""

import contextlib
import sys
from collections.abc import Callable

import numpy

RUNS = 3
KILOBYTE = 1024


def main() -> None:
    """Print the growth."""
    prepare = _onnx if sys.argv[1].endswith(".onnx") else _tflite
    open_model = prepare(sys.argv[1], int(sys.argv[2]))
    with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # the peak begins anew
    before = _status("VmRSS")
    run = open_model()
    for _ in range(RUNS):
        run()
    peak = _status("VmHWM")
    if before is not None and peak is not None:
        print(peak - before)


def _onnx(path: str, batch: int) -> Callable[[], Callable[[], object]]:
    import onnxruntime

    kinds = {"tensor(float)": "float32", "tensor(uint8)": "uint8", "tensor(int8)": "int8"}

    def open_model() -> Callable[[], object]:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        feeds = {
            tensor.name: numpy.zeros(
                [size if isinstance(size, int) else batch for size in tensor.shape],
                kinds[tensor.type],
            )
            for tensor in session.get_inputs()
        }
        return lambda: session.run(None, feeds)

    return open_model


def _tflite(path: str, _batch: int) -> Callable[[], Callable[[], object]]:
    from ai_edge_litert.interpreter import Interpreter

    def open_model() -> Callable[[], object]:
        interpreter = Interpreter(model_path=path, num_threads=1)
        interpreter.allocate_tensors()
        run: Callable[[], object] = interpreter.invoke
        return run

    return open_model


def _status(name: str) -> "int | None":
    try:
        with open("/proc/self/status") as file:
            entry = next(line for line in file if line.startswith(f"{name}:"))
    except (OSError, StopIteration):
        return None
    return int(entry.split()[1]) * KILOBYTE


if __name__ == "__main__":
    main()
