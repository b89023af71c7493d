"""Model files of strangers: metadata that is wrong or lies, graphs and bytes that are others."""

import contextlib
import io
import json
import math
import random
import shutil
from pathlib import Path

import onnx
from onnx import TensorProto, helper, numpy_helper

from benchmarks.hostile.mutation import as_json, mutated_bytes, mutated_plain
from benchmarks.hostile.trial import WronglyAcceptedError, proxyless
from search_spaces.graphs.metadata import add_metadata, read_texts

FILES = ("model.onnx", "model.tflite", "model-int8.onnx", "model-int8.tflite")


def honest(folder: Path, kept: Path) -> None:
    """Make a good model."""
    shutil.copy(kept / "runs/gradient/model.onnx", folder / "stranger.onnx")


def other_metadata(folder: Path, kept: Path, generator: random.Random) -> str:
    """Make a model of ours with wrong metadata."""
    name = generator.choice(FILES[:2])
    content = (kept / "runs/gradient" / name).read_bytes()
    texts = read_texts(content, Path(name).suffix)
    key = generator.choice([key for key in texts if key.startswith("proxyless.")])
    if generator.random() < 0.2:
        changed, description = mutated_bytes(texts[key].encode(), generator)
    else:
        data, description = mutated_plain([json.loads(texts[key])], generator)
        changed = as_json(data[0] if isinstance(data, list) and len(data) == 1 else data)
    text = changed.decode("utf-8", "replace")
    if len(text) > 200_000:
        text = text[:200_000]
    (folder / f"stranger{Path(name).suffix}").write_bytes(
        add_metadata(content, Path(name).suffix, {key: text})
    )
    return f"{name}: {key}: {description}"


def other_bytes(folder: Path, kept: Path, generator: random.Random) -> str:
    """Make a model with other bytes."""
    name = generator.choice(FILES)
    content, description = mutated_bytes((kept / "runs/gradient" / name).read_bytes(), generator)
    (folder / f"stranger{Path(name).suffix}").write_bytes(content)
    return f"{name}: {description}"


def other_graph(folder: Path, kept: Path, generator: random.Random) -> str:
    """Make an ONNX model whose graph asks for much, for ever, or for files elsewhere."""
    name, make = generator.choice(list(GRAPHS.items()))
    nodes, initializers, inputs = make(generator)
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)]
    graph = helper.make_graph(nodes, "g", inputs, outputs, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (folder / "stranger.onnx").write_bytes(model.SerializeToString())
    return name


def benchmark() -> None:
    """Measure it; rows are finite and above 0, and predicted times those that were measured for."""
    (path,) = Path().glob("stranger.*")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        proxyless("benchmark", str(path), "--rounds", "1", "--json")
    rows = json.loads(printed.getvalue())
    rows = rows["rows"] if isinstance(rows, dict) else rows
    for row in rows:
        for name in ("best_ms", "median_ms", "p95_ms"):
            if not 0 < row["times"][name] < math.inf:
                raise WronglyAcceptedError(f"{name} is {row['times'][name]}")
        predicted = row["predicted_ms"]
        if predicted is not None and not 0 < predicted < 1e6:
            raise WronglyAcceptedError(f"predicted_ms is {predicted}")


Graph = tuple[list[onnx.NodeProto], list[TensorProto], list[onnx.ValueInfoProto]]


def _image() -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 8, 8])


def _unfolding(generator: random.Random) -> Graph:
    """A constant of a terabyte that a hundred bytes describe."""
    side = generator.choice((2**20, 10**6))
    shape = numpy_helper.from_array(_int64(side, side), "shape")
    fill = helper.make_node("ConstantOfShape", ["shape"], ["big"])
    return [fill, helper.make_node("Add", ["x", "big"], ["y"])], [shape], [_image()]


def _tiled(generator: random.Random) -> Graph:
    """A tensor that is repeated a million times in two dimensions."""
    repeats = numpy_helper.from_array(_int64(1, 1, 10**5, generator.choice((10**5, 10**6))), "r")
    return [helper.make_node("Tile", ["x", "r"], ["y"])], [repeats], [_image()]


def _endless(generator: random.Random) -> Graph:
    """A loop of 2^62 turns."""
    turns = numpy_helper.from_array(_int64(2**62), "turns")
    start = helper.make_tensor("start", TensorProto.FLOAT, [1], [0.0])
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["on"]),
            helper.make_node("Add", ["before", "before"], ["after"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("turn", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("before", TensorProto.FLOAT, [1]),
        ],
        [
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("after", TensorProto.FLOAT, [1]),
        ],
    )
    loop = helper.make_node("Loop", ["turns", "", "start"], ["sum"], body=body)
    return [loop, helper.make_node("Add", ["x", "sum"], ["y"])], [turns, start], [_image()]


def _elsewhere(generator: random.Random) -> Graph:
    """Weights that are in a file of this machine."""
    weights = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1])
    weights.data_location = TensorProto.EXTERNAL
    place = generator.choice(("/etc/passwd", "../../../../etc/passwd", "/dev/zero", "no-such-file"))
    weights.external_data.add(key="location", value=place)
    return [helper.make_node("Add", ["x", "w"], ["y"])], [weights], [_image()]


def _shapeless(generator: random.Random) -> Graph:
    """An input of odd shape or type."""
    shapes: tuple[list[str | int], ...] = (
        [], [0, 0], ["n", 1, -1, 8], [2**40, 1, 8, 8], [1] * 30,
    )  # fmt: skip
    shape = generator.choice(shapes)
    kind = generator.choice((TensorProto.FLOAT, TensorProto.STRING, TensorProto.COMPLEX64))
    value = helper.make_tensor_value_info("x", kind, shape)
    return [helper.make_node("Identity", ["x"], ["y"])], [], [value]


def _unknown(generator: random.Random) -> Graph:
    """An operator that nobody has."""
    return [helper.make_node("Evil", ["x"], ["y"], domain="evil")], [], [_image()]


def _empty(generator: random.Random) -> Graph:
    """A graph without nodes."""
    return [], [], generator.choice(([], [_image()]))


GRAPHS = {
    "a constant that unfolds": _unfolding,
    "a tile": _tiled,
    "a loop without an end": _endless,
    "weights elsewhere": _elsewhere,
    "an odd input": _shapeless,
    "an unknown operator": _unknown,
    "no nodes": _empty,
}


def _int64(*values: int):  # type: ignore[no-untyped-def]
    import numpy as np

    return np.array(values, np.int64)
