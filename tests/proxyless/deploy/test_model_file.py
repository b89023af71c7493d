from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from proxyless.deploy.model_file import ModelFile
from search_spaces import InputError
from search_spaces.graphs.metadata import add_metadata


def model(shape: Sequence[str | int | None], kind: int = TensorProto.FLOAT) -> bytes:
    """Somebody else's file: the mean of each image over all but its first two dimensions."""
    given = helper.make_tensor_value_info("x", kind, shape)
    if len(shape) != 4:
        return passing_through(given)
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, [shape[0], shape[1]])
    nodes = [
        helper.make_node("Cast", ["x"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["float", "axes"], ["y"], keepdims=0),
    ]
    axes = helper.make_tensor("axes", TensorProto.INT64, [2], [2, 3])
    graph = helper.make_graph(nodes, "foreign", [given], [result], [axes])
    opset = helper.make_opsetid("", 18)
    return helper.make_model(graph, opset_imports=[opset], ir_version=9).SerializeToString()


def passing_through(given: onnx.ValueInfoProto) -> bytes:
    """A file that gives back what it takes."""
    result = onnx.ValueInfoProto()
    result.CopyFrom(given)
    result.name = "y"
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])], "odd", [given], [result]
    )
    opset = helper.make_opsetid("", 18)
    return helper.make_model(graph, opset_imports=[opset], ir_version=9).SerializeToString()


def images(count: int, channels: int, height: int, width: int) -> np.ndarray:
    shape = (count, channels, height, width)
    return np.random.default_rng(0).integers(0, 256, shape).astype(np.float32)


@pytest.mark.parametrize("batch", ["n", 1, 4])
def test_any_number_of_images_goes_through_any_batch(batch: str | int) -> None:
    opened = ModelFile.open(model([batch, 3, 5, 6]), ".onnx")
    assert opened.shape == (3, 5, 6)
    assert opened.batch == (None if batch == "n" else batch)
    some = images(7, 3, 5, 6)
    np.testing.assert_allclose(opened(some), some.mean((2, 3)), rtol=1e-5)


def test_channels_may_come_last() -> None:
    opened = ModelFile.open(model(["n", 5, 6, 3]), ".onnx")
    assert opened.shape == (3, 5, 6)
    some = images(2, 3, 5, 6)
    np.testing.assert_allclose(opened(some), some.mean((1, 3)), rtol=1e-5)


def test_bytes_may_be_wanted() -> None:
    opened = ModelFile.open(model(["n", 3, 5, 6], TensorProto.UINT8), ".onnx")
    some = images(2, 3, 5, 6)
    np.testing.assert_allclose(opened(some), some.mean((2, 3)), rtol=1e-5)


@pytest.mark.parametrize(
    ("content", "suffix", "sentence"),
    [
        (model(["n", 3, "h", 6]), ".onnx", "is no batch of images of one size"),
        (
            model(["n", 3, 5, 6], TensorProto.STRING),
            ".onnx",
            "its inputs are tensor.string.: not one",
        ),
        (model([], TensorProto.FLOAT), ".onnx", "its input of shape .. is no batch"),
        (b"nothing", ".tflite", "this is no .tflite file"),
        (onnx.ModelProto().SerializeToString(), ".onnx", "it cannot be opened"),
    ],
)
def test_files_that_take_anything_but_images_are_refused(
    tmp_path: Path, content: bytes, suffix: str, sentence: str
) -> None:
    path = tmp_path / f"model{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError, match=sentence) as caught:
        ModelFile.load(path)
    assert str(path) in str(caught.value)


def test_an_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.onnx does not exist"):
        ModelFile.load(tmp_path / "absent.onnx")


def test_metadata_that_is_no_json_is_named() -> None:
    content = add_metadata(model(["n", 3, 5, 6]), ".onnx", {"proxyless.classes": "a, b"})
    with pytest.raises(InputError, match=r"metadata proxyless\.classes is not valid JSON"):
        ModelFile.open(content, ".onnx")


def test_external_data_is_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weights beside the file, as large models have them."""
    loaded = onnx.load_from_string(model(["n", 3, 5, 6]))
    weights = np.arange(3, dtype=np.float32).reshape(1, 3)
    loaded.graph.initializer.append(onnx.numpy_helper.from_array(weights, "w"))
    loaded.graph.node[1].output[0] = "mean"
    loaded.graph.node.append(helper.make_node("Add", ["mean", "w"], ["y"]))
    (tmp_path / "there").mkdir()
    path = tmp_path / "there" / "model.onnx"
    onnx.save(loaded, path, save_as_external_data=True, location="model.bin", size_threshold=0)
    monkeypatch.chdir(tmp_path)
    some = images(2, 3, 5, 6)
    np.testing.assert_allclose(ModelFile.load(path)(some), some.mean((2, 3)) + weights, rtol=1e-5)
    (tmp_path / "there" / "model.bin").unlink()
    with pytest.raises(InputError, match=r"model\.onnx .*"):
        ModelFile.load(path)
