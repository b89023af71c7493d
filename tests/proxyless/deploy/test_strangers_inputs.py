"""What other people's files take and give, as far as their tensors tell."""

from pathlib import Path

import numpy as np
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from proxyless import open_data
from proxyless.deploy.benchmark.file_accuracy import Pixels, _of_integers, file_accuracies
from proxyless.deploy.model_file import ModelFile, Numbers
from search_spaces import InputError

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("numbers", "black", "white"),
    [
        (Numbers("uint8"), 0, 255),
        (Numbers("int32"), 0, 255),
        (Numbers("int8"), -128, 127),
        (Numbers("uint8", 1.0, 0), 0, 255),
        (Numbers("int8", 1.0, -128), 0, 255),
        (Numbers("uint8", 1 / 255, 0), 0, 1),
        (Numbers("int8", 1 / 255, -128), 0, 1),
        (Numbers("uint8", 1 / 127.5, 128), -1, 1),
        (Numbers("int8", 1 / 127.5, 0), -1, 1),
        (Numbers("int8", 0.0187, -14), None, None),
    ],
)
def test_a_range_tells_pixels(numbers: Numbers, black: float | None, white: float) -> None:
    found = _of_integers(numbers, 3)
    if black is None:
        assert found is None
        return
    assert found is not None
    given = found(torch.tensor([0, 255], dtype=torch.uint8).expand(1, 3, 1, 2))
    assert given[0, :, 0, 0].tolist() == pytest.approx([black] * 3, abs=0.03)
    assert given[0, :, 0, 1].tolist() == pytest.approx([white] * 3, abs=0.03)


def telling(path: Path, output: str, threshold: float, extra: bool = False) -> Path:
    """A file that tells bright images (class 1 of 3) from dark ones (class 0) by their mean."""
    constants = {
        "axes": np.array([1, 2, 3]), "t": np.array(threshold, np.float32),
        "one": np.array([[0.0, 1.0, -9.0]], np.float32), "shape": np.array([-1, 1]),
        "flat": np.array([-1]), "wide": np.array([-1, 3, 1, 1]), "deep": np.array(3),
        "on": np.array([0.0, 1.0], np.float32),
    }  # fmt: skip
    nodes = [
        helper.make_node("ReduceMean", ["x", "axes"], ["mean"], keepdims=0),
        helper.make_node("Sub", ["mean", "t"], ["over"]),
        helper.make_node("Reshape", ["over", "shape"], ["column"]),
        helper.make_node("Mul", ["column", "one"], ["scores"]),
    ]
    last = {
        "logits": [helper.make_node("Identity", ["scores"], ["y"])],
        "softmax": [helper.make_node("Softmax", ["scores"], ["y"])],
        "map": [helper.make_node("Reshape", ["scores", "wide"], ["y"])],
        "argmax": [helper.make_node("ArgMax", ["scores"], ["y"], axis=1, keepdims=0)],
        "argmax column": [helper.make_node("ArgMax", ["scores"], ["y"], axis=1, keepdims=1)],
        "nan": [helper.make_node("Sub", ["scores", "scores"], ["zero"]),
                helper.make_node("Div", ["zero", "zero"], ["y"])],
        "scalar": [helper.make_node("ReduceMax", ["scores"], ["y"], keepdims=0)],
    }[output]  # fmt: skip
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1, 8, 8])
    results = [helper.make_empty_tensor_value_info("y")]
    if extra:
        results.insert(0, helper.make_empty_tensor_value_info("mean"))
    held = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph([*nodes, *last], "g", [given], results, held)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize(
    ("output", "extra"),
    [("logits", False), ("softmax", False), ("map", False), ("argmax", False),
     ("argmax column", False), ("logits", True)],
)  # fmt: skip
def test_outputs_that_tell_classes(tmp_path: Path, output: str, extra: bool) -> None:
    model = ModelFile.load(telling(tmp_path / "m.onnx", output, 100, extra))
    images = np.full((5, 1, 8, 8), 20, np.float32)
    images[3:] = 200
    told = model(images)
    classes = told if model.tells_classes else told.argmax(1)
    # Dark images have negative scores: class 2, which is weighted by -9, is theirs.
    assert classes.tolist() == [2, 2, 2, 1, 1]


def test_outputs_that_tell_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"m\.onnx is of no use: its outputs of shape .* tell no"):
        ModelFile.load(telling(tmp_path / "m.onnx", "scalar", 0.5))


def test_floats_that_say_nothing_are_asked_for(tmp_path: Path, images: Path) -> None:
    source = open_data(str(images))
    model = {"m.onnx": ModelFile.load(telling(tmp_path / "m.onnx", "logits", 100))}
    with pytest.raises(InputError, match=r"does not say what its float32 input .*give `pixels`"):
        file_accuracies(model, source)
    shares = {}
    choices: tuple[Pixels, ...] = ("0-255", "0-1", "normalised")
    for pixels in choices:
        shares[pixels] = file_accuracies(model, source, pixels)["m.onnx"].share
    assert shares["0-1"] == shares["normalised"], "no image is brighter than 100 there"
    broken = ModelFile.load(telling(tmp_path / "n.onnx", "nan", 100))
    with pytest.raises(InputError, match="gives outputs that are no numbers"):
        file_accuracies({"n.onnx": broken}, source, "0-1")
