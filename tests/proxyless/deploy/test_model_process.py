"""Files of strangers that would hang, crash or fill the process that opens them."""

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from latency import Settings
from proxyless import benchmark
from proxyless.deploy import model_process
from proxyless.deploy.model_process import ModelProcess
from search_spaces import InputError, machine_memory
from search_spaces.graphs.tflite_schema import packed, tflite_schema

pytestmark = pytest.mark.slow
MEBIBYTE = 2**20
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds a process's memory")


def graph(
    nodes: Sequence[NodeProto],
    constants: dict[str, np.ndarray],
    shape: Sequence[int | str] = (1, 3, 8, 8),
    kind: int = TensorProto.FLOAT,
) -> ModelProto:
    """A model of input x and output y."""
    given = helper.make_tensor_value_info("x", kind, shape)
    result = helper.make_empty_tensor_value_info("y")
    held = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    made = helper.make_graph(nodes, "g", [given], [result], held)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def saved(model: ModelProto, folder: Path) -> Path:
    path = folder / "stranger.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def endless() -> ModelProto:
    """A loop whose condition never fails."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["on"]),
            helper.make_node("Identity", ["value"], ["next"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("number", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("value", TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("next", TensorProto.FLOAT, None),
        ],
    )
    return graph(
        [helper.make_node("Loop", ["", "go", "x"], ["y"], body=body)], {"go": np.array(True)}
    )


def unfolding(kind: str) -> ModelProto:
    """A constant of a few bytes that is 400 GB when it is folded."""
    sizes = np.array([100_000, 1_000_000], np.int64)
    match kind:
        case "ConstantOfShape":
            nodes, constants = [helper.make_node(kind, ["a"], ["c"])], {"a": sizes}
        case "Expand" | "Tile":
            nodes = [helper.make_node(kind, ["b", "a"], ["c"])]
            constants = {"a": sizes, "b": np.ones((1, 1), np.float32)}
        case _:
            nodes = [helper.make_node(kind, ["a", "b", "d"], ["c"])]
            constants = dict(a=np.array(0.0), b=np.array(1e11), d=np.array(1.0))  # noqa: C408
    last = [helper.make_node("ReduceMean", ["c"], ["m"], keepdims=0)]
    if kind == "Range":
        last += [helper.make_node("Cast", ["m"], ["f"], to=TensorProto.FLOAT)]
    last += [helper.make_node("Add", ["x", "f" if kind == "Range" else "m"], ["y"])]
    return graph([*nodes, *last], constants)


def test_a_loop_without_an_end_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_process, "SECONDS", 3.0)
    with pytest.raises(InputError, match=r"stranger\.onnx is refused: opening it, or a run, took"):
        ModelProcess(saved(endless(), tmp_path))


@linux
def test_a_loop_that_nobody_ends_ends_itself(tmp_path: Path) -> None:
    path = str(saved(endless(), tmp_path))
    command = [sys.executable, "-P", str(model_process.CHILD), path, "1", "0", "1", "0"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert done.returncode == -signal.SIGXCPU


def test_a_limit_of_processor_time_is_told_as_one_of_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = tmp_path / "child.py"
    child.write_text("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)")
    monkeypatch.setattr(model_process, "CHILD", child)
    with pytest.raises(InputError, match="took longer than"):
        ModelProcess(tmp_path / "stranger.onnx")


@linux
@pytest.mark.parametrize("kind", ["ConstantOfShape", "Expand", "Tile", "Range"])
def test_a_constant_does_not_take_all_memory(tmp_path: Path, kind: str) -> None:
    with pytest.raises(InputError, match=r"stranger\.onnx is (refused|of no use): "):
        ModelProcess(saved(unfolding(kind), tmp_path))


@linux
def test_memory_is_bounded_by_what_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that would fit into this machine, were more of it free."""
    sizes = {"a": np.array([512, MEBIBYTE // 4], np.int64)}
    nodes = [
        helper.make_node("ConstantOfShape", ["a"], ["c"]),
        helper.make_node("ReduceMean", ["c"], ["m"], keepdims=0),
        helper.make_node("Add", ["x", "m"], ["y"]),
    ]
    path = saved(graph(nodes, sizes), tmp_path)
    monkeypatch.setattr(machine_memory, "free", lambda: 128 * MEBIBYTE)
    with pytest.raises(InputError, match="it needs more memory than this machine has free"):
        ModelProcess(path)


def test_a_crash_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = tmp_path / "child.py"
    monkeypatch.setattr(model_process, "CHILD", child)
    for program, words in (
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "it crashes .*SIGSEGV"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "needs more memory"),
        ("print('no JSON')", "its description is not valid JSON"),
        ("print('x' * 2**21)", "it crashes the process"),
        ("print('{}')", "field 'inputs' is missing"),
    ):
        child.write_text(program)
        with pytest.raises(InputError, match=words) as caught:
            ModelProcess(tmp_path / "stranger.onnx")
        assert "stranger.onnx" in str(caught.value)


def pooled() -> bytes:
    """A TFLite file that averages images, and looks a constant up by what it is given."""
    schema = tflite_schema()
    model = schema.ModelT()
    model.version = 3
    code = schema.OperatorCodeT()
    code.builtinCode = schema.BuiltinOperator.MEAN
    code.deprecatedBuiltinCode = 40
    model.operatorCodes = [code]
    axes = schema.BufferT()
    axes.data = np.frombuffer(np.array([1, 2], np.int32).tobytes(), np.uint8)
    model.buffers = [schema.BufferT(), axes]

    def tensor(name: bytes, shape: list[int], kind: int, buffer: int = 0) -> Any:
        made = schema.TensorT()
        made.name, made.shape, made.type, made.buffer = name, shape, kind, buffer
        return made

    operator = schema.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = 0, [0, 1], [2]
    operator.builtinOptionsType = schema.BuiltinOptions.ReducerOptions
    operator.builtinOptions = schema.ReducerOptionsT()
    part = schema.SubGraphT()
    kinds = schema.TensorType
    part.tensors = [
        tensor(b"x", [1, 8, 8, 3], kinds.FLOAT32),
        tensor(b"a", [2], kinds.INT32, 1),
        tensor(b"y", [1, 3], kinds.FLOAT32),
    ]
    part.inputs, part.outputs, part.operators = [0], [2], [operator]
    model.subgraphs = [part]
    return packed(model)


def test_garbage_in_a_tflite_file_is_a_sentence(tmp_path: Path) -> None:
    """Whatever the interpreter does with it: it checks few of a file's offsets."""
    whole = pooled()
    path = tmp_path / "stranger.tflite"
    path.write_bytes(whole)
    assert ModelProcess(path).description.inputs[0].shape == (1, 8, 8, 3)
    generator = np.random.default_rng(0)
    beyond = bytearray(whole)
    beyond[:4] = (len(whole) + 4).to_bytes(4, "little")  # where its root lies
    for spoilt in (b"", whole[: len(whole) // 2], whole[:8], b"x" * len(whole), beyond):
        path.write_bytes(spoilt)
        with pytest.raises(InputError, match=r"stranger\.tflite"):
            ModelProcess(path)
    sentences = []
    for _ in range(12):
        spoilt = bytearray(whole)
        for place in generator.integers(8, len(whole), 6):
            spoilt[place] = generator.integers(256)
        path.write_bytes(spoilt)
        try:  # some of it may hit what nobody reads
            ModelProcess(path)
        except InputError as error:
            sentences.append(str(error))
    assert all("stranger.tflite" in sentence for sentence in sentences)


def test_nothing_is_measured_if_a_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_process, "SECONDS", 3.0)
    good = tmp_path / "good.onnx"
    good.write_bytes(graph([helper.make_node("Relu", ["x"], ["y"])], {}).SerializeToString())
    with pytest.raises(InputError, match=r"stranger\.onnx is refused"):
        benchmark([good, saved(endless(), tmp_path)], rounds=1)


@pytest.mark.parametrize("shape", [(0, 3, 8, 8), (1, 3, 0, 8)])
def test_inputs_that_take_nothing(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = saved(graph([helper.make_node("Relu", ["x"], ["y"])], {}, shape), tmp_path)
    with pytest.raises(InputError, match=r"its input x of shape .* takes nothing"):
        benchmark([path], rounds=1)


def test_an_operator_that_nobody_knows(tmp_path: Path) -> None:
    node = helper.make_node("Own", ["x"], ["y"], domain="of.mine")
    model = graph([node], {})
    model.opset_import.append(helper.make_opsetid("of.mine", 1))
    with pytest.raises(
        InputError, match=r"stranger\.onnx is of no use: it cannot be opened: .*Own"
    ):
        benchmark([saved(model, tmp_path)], rounds=1)


def test_a_process_ends_with_what_it_is_for(tmp_path: Path) -> None:
    path = saved(graph([helper.make_node("Relu", ["x"], ["y"])], {}), tmp_path)
    process = ModelProcess(path)
    running: subprocess.Popen[bytes] = process._process
    (result,) = process.run(np.full((1, 3, 8, 8), -1, np.float32))
    assert not result.any()
    del process
    assert running.poll() is not None


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (TensorProto.FLOAT, "float32"),
        (TensorProto.FLOAT16, "float16"),
        (TensorProto.DOUBLE, "float64"),
    ],
)
def test_numbers_are_those_of_the_tensors(tmp_path: Path, kind: int, name: str) -> None:
    """Weights that are listed as inputs, as IR version 3 wants, are none."""
    weights = np.ones((1, 3, 8, 8), helper.tensor_dtype_to_np_dtype(kind))
    model = graph(
        [helper.make_node("Mul", ["x", "w"], ["y"])], {"w": weights}, ("n", 3, 8, 8), kind
    )
    listed = helper.make_tensor_value_info("w", kind, weights.shape)
    model.graph.input.insert(0, listed)
    model.ir_version = 3
    model.opset_import[0].version = 8
    (row,) = benchmark([saved(model, tmp_path)], Settings(batch=2), rounds=1)
    assert (row.times.settings.batch, row.times.settings.dtype) == (2, name)
    assert row.images_per_second == pytest.approx(2000 / row.times.median_ms)


@pytest.mark.parametrize("change", ["version", "operators"])
def test_what_an_engine_says_of_its_source_is_not_shown(tmp_path: Path, change: str) -> None:
    model = graph([helper.make_node("Relu", ["x"], ["y"])], {})
    if change == "version":
        model.ir_version = 99
    else:
        model.opset_import[0].version = 999
    with pytest.raises(InputError, match="is of no use: it cannot be opened") as caught:
        ModelProcess(saved(model, tmp_path))
    assert "::" not in str(caught.value)
    assert "_src" not in str(caught.value)


def test_what_is_no_regular_file_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "gone.onnx").symlink_to(tmp_path / "nothing.onnx")
    with pytest.raises(InputError, match=r"gone\.onnx is no regular file"):
        benchmark([tmp_path / "gone.onnx"])
