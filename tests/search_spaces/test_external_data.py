"""A stranger's ONNX file may name other files anywhere that it holds a tensor."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import ModelProto, TensorProto, helper, numpy_helper

from search_spaces import InputError
from search_spaces.graphs.files import check_onnx, read_model


def plain() -> ModelProto:
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [given], [result])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def external(location: str, name: str = "w") -> TensorProto:
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=[1])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=location)
    return tensor


def in_initialiser(model: ModelProto, tensor: TensorProto) -> None:
    model.graph.initializer.append(tensor)


def in_sparse_values(model: ModelProto, tensor: TensorProto) -> None:
    model.graph.sparse_initializer.add().values.CopyFrom(tensor)


def in_sparse_indices(model: ModelProto, tensor: TensorProto) -> None:
    model.graph.sparse_initializer.add().indices.CopyFrom(tensor)


def in_constant(model: ModelProto, tensor: TensorProto) -> None:
    model.graph.node.append(helper.make_node("Constant", [], ["c"], value=tensor))


def in_subgraph(model: ModelProto, tensor: TensorProto) -> None:
    body = helper.make_graph([], "body", [], [], [tensor])
    inner = helper.make_graph([helper.make_node("If", ["x"], [], then_branch=body)], "in", [], [])
    model.graph.node.append(helper.make_node("Loop", ["x"], [], body=inner))


def in_function(model: ModelProto, tensor: TensorProto) -> None:
    function = model.functions.add(name="f", domain="d")
    function.node.append(helper.make_node("Constant", [], ["c"], value=tensor))


def in_training(model: ModelProto, tensor: TensorProto) -> None:
    model.training_info.add().algorithm.initializer.append(tensor)


PLACES = [
    in_initialiser, in_sparse_values, in_sparse_indices, in_constant, in_subgraph, in_function,
    in_training,
]  # fmt: skip
Place = Callable[[ModelProto, TensorProto], None]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "location",
    ["/etc/passwd", "../secret", "a/../../secret", "..\\secret", "C:\\secret", "", "a\0b", "link",
     "linked/secret", "folder", "pipe"],
)  # fmt: skip
def test_files_elsewhere_are_not_read(tmp_path: Path, place: Place, location: str) -> None:
    (tmp_path / "secret").write_bytes(bytes(4))
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "folder").mkdir()
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "linked").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe")
    model = plain()
    place(model, external(location))
    path = folder / "m.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(InputError, match=r"m\.onnx is refused: a tensor's numbers are said to be"):
        read_model(path)


@pytest.mark.parametrize("location", ["w.bin", "./w.bin", "below/w.bin"])
def test_files_beside_the_model_are_read(tmp_path: Path, location: str) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / location).write_bytes(np.float32(7).tobytes())
    model = plain()
    in_initialiser(model, external(location))
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())
    (tensor,) = onnx.load_from_string(read_model(path)).graph.initializer
    assert numpy_helper.to_array(tensor).tolist() == [7]
    (tmp_path / location).unlink()
    with pytest.raises(InputError, match="it lacks its external data"):
        read_model(path)


@pytest.mark.parametrize("extra", [{"offset": "-1"}, {"length": "999"}, {"offset": "x"}])
def test_places_in_a_file_that_are_none(tmp_path: Path, extra: dict[str, str]) -> None:
    (tmp_path / "w.bin").write_bytes(bytes(4))
    model, tensor = plain(), external("w.bin")
    for key, value in extra.items():
        tensor.external_data.add(key=key, value=value)
    in_initialiser(model, tensor)
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(InputError, match="it lacks its external data"):
        read_model(path)


def test_what_is_no_model_is_said(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    os.mkfifo(path)
    with pytest.raises(InputError, match="is no regular file"):
        read_model(path)
    for content in (b"\xff" * 40, onnx.ModelProto().SerializeToString()):
        with pytest.raises(InputError, match=r"m\.onnx is no valid ONNX"):
            check_onnx(content, path)
