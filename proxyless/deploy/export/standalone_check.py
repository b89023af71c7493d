"""Opens a model file with an inference engine alone: nothing of ours is imported here.

``python standalone_check.py FILE`` reads a batch from standard input and writes what the
model gives, both as .npy. It is run by its path, in a fresh process.
"""

import io
import sys

import numpy


def main() -> None:
    """Run one batch."""
    path = sys.argv[1]
    images = numpy.load(io.BytesIO(sys.stdin.buffer.read()))
    logits = _onnx(path, images) if path.endswith(".onnx") else _tflite(path, images)
    stdout = io.BytesIO()
    numpy.save(stdout, logits)
    sys.stdout.buffer.write(stdout.getvalue())


def _onnx(path: str, images: numpy.ndarray) -> numpy.ndarray:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    logits: numpy.ndarray = session.run(None, {session.get_inputs()[0].name: images})[0]
    return logits


def _tflite(path: str, images: numpy.ndarray) -> numpy.ndarray:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=path, num_threads=1)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], images)
    interpreter.invoke()
    output = interpreter.get_output_details()[0]["index"]
    logits: numpy.ndarray = interpreter.get_tensor(output)
    return logits


if __name__ == "__main__":
    main()
