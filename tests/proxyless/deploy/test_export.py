import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from conftest import Finished
from support import run_cli, write_images

from latency import load_predictor
from latency.timing.engines import open_interpreter
from proxyless import export, open_data
from proxyless.data.batches import Batcher
from proxyless.data.image_data import Split
from proxyless.data.transforms import Normalisation
from proxyless.deploy.export import (
    FORMATS,
    Export,
    checks,
    delegation as delegation_module,
    formats,
)
from proxyless.deploy.export.images import CheckImages
from proxyless.deploy.model_file import ModelFile, read_metadata
from proxyless.runs.trained_run import TrainedRun
from proxyless.runs.weights import load_network, save_weights
from search_spaces import Architecture, InputError, Network, Space
from search_spaces.graphs.weights import Weights, folded_weights


@pytest.fixture
def run(tmp_path: Path, finished: Finished) -> Path:
    """A copy of the finished run, to be spoilt, without its exported files."""
    ignored = shutil.ignore_patterns("model*", "tensorboard")
    return Path(shutil.copytree(finished.path, tmp_path / "run", ignore=ignored))


def exported(finished: Finished, file_format: str) -> dict[str, Any]:
    """What the command line said of its export in a format."""
    result = finished.json("export" if file_format == "onnx" else f"export {file_format}")
    assert isinstance(result, dict)
    return result


def quickly(run: Path, file_format: str = "onnx", **options: Any) -> Export:
    """Export without timing the file."""
    return export(run, file_format, measure=False, **options)


def predictions_of(model: ModelFile, split: Split, metadata: Mapping[str, Any]) -> Any:
    """Classify test images as a program does that knows nothing but the metadata."""
    pixels = split.images.numpy().astype(np.float32)
    if not metadata["input"]["pixels"]:
        scaling = metadata["normalisation"]
        mean, std = (np.array(scaling[name], np.float32)[:, None, None] for name in ("mean", "std"))
        pixels = (pixels * np.float32(scaling["scale"]) - mean) / std
    return model(pixels).argmax(1)


@pytest.mark.parametrize("file_format", FORMATS)
def test_exported_file_agrees_with_pytorch(finished: Finished, file_format: str) -> None:
    result = exported(finished, file_format)
    assert result["format"] == file_format
    assert result["images_checked"] == 58
    assert Path(result["path"]).stat().st_size == result["bytes"]
    trained = json.loads((finished.path / "train" / "result.json").read_text())
    assert result["pytorch_accuracy"] == pytest.approx(trained["test_accuracy"])
    if FORMATS[file_format].dtype == "float32":
        assert result["max_difference"] < 1e-4
        assert result["test_accuracy"] == result["pytorch_accuracy"]
    else:
        assert 1e-4 < result["max_difference"] < 10, "int8 rounds, but it is the same network"


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_file_says_what_it_takes_here(finished: Finished, file_format: str) -> None:
    result = exported(finished, file_format)
    metadata = ModelFile.load(Path(result["path"])).metadata
    assert metadata["measured"] == result["measured"]
    assert metadata["measured"]["runtime"] == FORMATS[file_format].runtime
    assert metadata["measured"]["settings"]["dtype"] == FORMATS[file_format].dtype
    assert 0 < metadata["measured"]["best_ms"] <= metadata["measured"]["median_ms"]


@pytest.mark.parametrize("file_format", FORMATS)
def test_accuracy_follows_from_the_file_alone(
    finished: Finished, images: Path, file_format: str
) -> None:
    result = exported(finished, file_format)
    model = ModelFile.load(Path(result["path"]))
    data = open_data(str(images)).load(8)
    found = predictions_of(model, data.test, model.metadata) == data.test.labels.numpy()
    assert found.mean() == pytest.approx(result["test_accuracy"])


@pytest.mark.parametrize("file_format", FORMATS)
def test_pixels_go_in_as_they_are(run: Path, images: Path, file_format: str) -> None:
    plain = ModelFile.load(Path(quickly(run, file_format, max_drop=100).path))
    given = ModelFile.load(Path(quickly(run, file_format, max_drop=100, pixels=True).path))
    data = open_data(str(images)).load(8)
    agree = predictions_of(plain, data.test, plain.metadata) == predictions_of(
        given, data.test, given.metadata
    )
    assert agree.all() if FORMATS[file_format].dtype == "float32" else agree.mean() > 0.8


@pytest.mark.parametrize("batch", [3, None])
def test_onnx_batches(run: Path, images: Path, batch: int | None) -> None:
    one = ModelFile.load(Path(quickly(run).path))
    several = ModelFile.load(Path(quickly(run, batch=batch).path))
    assert several.batch == batch
    some = np.random.default_rng(0).standard_normal((7, 1, 8, 8), np.float32)
    np.testing.assert_allclose(several(some), one(some), atol=1e-5)


@pytest.mark.parametrize("file_format", ["tflite", "tflite-int8"])
def test_tflite_has_a_fixed_batch(run: Path, file_format: str) -> None:
    assert ModelFile.load(Path(quickly(run, file_format, batch=2, max_drop=100).path)).batch == 2
    with pytest.raises(InputError, match="a TFLite file has a fixed batch: give `batch` a number"):
        quickly(run, file_format, batch=None)


def test_int8_files_hold_int8(finished: Finished) -> None:
    interpreter = open_interpreter(Path(exported(finished, "tflite-int8")["path"]).read_bytes())
    for tensor in (*interpreter.get_input_details(), *interpreter.get_output_details()):
        assert tensor["dtype"] == np.int8
    kinds = {tensor["dtype"] for tensor in interpreter.get_tensor_details()}
    assert np.float32 not in kinds, "sizes say nothing of a network of a few skips"
    graph = onnx.load(exported(finished, "onnx-int8")["path"]).graph
    kernels = [onnx.numpy_helper.to_array(one) for one in graph.initializer if "weight" in one.name]
    assert sum(one.dtype == np.int8 for one in kernels) >= 4
    per_channel = [
        one
        for one in graph.node
        if one.op_type == "DequantizeLinear"
        and any(attribute.name == "axis" for attribute in one.attribute)
    ]
    assert per_channel, "weights are quantised per channel"


def test_every_node_of_a_tflite_file_is_accounted_for(finished: Finished) -> None:
    whole = exported(finished, "tflite")["delegation"]
    assert whole["nodes"] > 10
    assert whole["left"] == []
    small = exported(finished, "tflite-int8")["delegation"]
    assert small["nodes"] > 10
    # XNNPACK leaves an int8 node whose scales are far apart, as behind a block that learned little.
    assert len(small["left"]) < small["nodes"] / 2
    assert exported(finished, "onnx")["delegation"] is None


def test_nodes_without_a_delegate_are_named(finished: Finished) -> None:
    """LiteRT's interpreter can be told to use no delegate: then it must say so of every node."""
    content = (finished.path / "model.tflite").read_bytes()

    def open_plain(model: bytes) -> object:
        kind = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        interpreter = Interpreter(model_content=model, experimental_op_resolver_type=kind)
        interpreter.allocate_tensors()
        return interpreter

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delegation_module, "open_interpreter", open_plain)
        found = delegation_module.delegation(content)
    assert len(found.left) == found.nodes
    assert {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"} <= set(found.left)


def test_int8_that_costs_too_much_is_refused(run: Path) -> None:
    with pytest.raises(InputError, match=r"int8 costs .* points .* more than `max_drop` -101"):
        quickly(run, "onnx-int8", max_drop=-101)
    assert not list(run.glob("model*"))


def test_a_float_file_of_another_accuracy_is_refused(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "FLOAT_DROP", -1.0)
    with pytest.raises(InputError, match=r"differs from PyTorch by 0\.00 points of test accuracy"):
        quickly(run)
    assert not list(run.glob("model*"))


def test_a_file_that_no_other_program_can_run_is_refused(
    run: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "standalone_check.py"
    monkeypatch.setattr(checks, "STANDALONE_CHECK", program)
    program.write_text("raise SystemExit('no such operator')")
    with pytest.raises(InputError, match="cannot run the exported file: no such operator"):
        quickly(run)
    program.write_text(
        "import io, sys, numpy\n"
        "batch = numpy.load(io.BytesIO(sys.stdin.buffer.read()))\n"
        "numpy.save(sys.stdout.buffer, numpy.zeros((len(batch), 3), numpy.float32))\n"
    )
    with pytest.raises(InputError, match="a fresh process finds other logits"):
        quickly(run)
    assert not list(run.glob("model*"))


@pytest.mark.parametrize(
    ("file_format", "drop", "bound", "refused"),
    [
        ("onnx-int8", 0.020, 1.9, True),
        ("onnx-int8", 0.020, 2.1, False),
        ("onnx-int8", -0.05, 0.0, False),
        ("onnx-int8", 0.0, float("nan"), True),
        ("onnx", 0.002, 100.0, True),
        ("onnx", -0.002, 100.0, True),
        ("onnx", 0.0005, 0.0, False),
    ],
)
def test_the_bound_is_on_points_lost(
    run: Path, monkeypatch: pytest.MonkeyPatch, file_format: str, drop: float, bound: float,
    refused: bool,
) -> None:  # fmt: skip
    """Shares become points, and only a loss counts against int8."""
    made_up = checks.Agreement(0.0, 58, test_accuracy=0.9 - drop, pytorch_accuracy=0.9)
    monkeypatch.setattr(checks.Agreement, "of", lambda *_: made_up)
    if refused:
        with pytest.raises(InputError, match=r"int8 costs 2\.00|int8 costs 0\.00|by 0\.20 points"):
            quickly(run, file_format, max_drop=bound)
    else:
        quickly(run, file_format, max_drop=bound)


@pytest.mark.parametrize("pixels", [False, True])
def test_images_are_prepared_once_for_who_takes_the_same(run: Path, pixels: bool) -> None:
    trained = TrainedRun.load(run)
    images = CheckImages.of(trained, None, pixels).training_images(4)
    assert np.shares_memory(images.for_network.numpy(), images.for_file) == (not pixels)
    mean, std = (values[0] for values in (trained.result.mean, trained.result.std))
    pixel = (images.for_network.numpy() * std + mean) * 255
    np.testing.assert_allclose(
        images.for_file, pixel if pixels else images.for_network.numpy(), atol=1e-3
    )


@pytest.mark.parametrize("file_format", ["onnx", "tflite"])
def test_a_batch_may_be_larger_than_what_is_checked(run: Path, file_format: str) -> None:
    assert ModelFile.load(Path(quickly(run, file_format, batch=70).path)).batch == 70


def test_a_file_says_how_its_input_is_quantised(finished: Finished) -> None:
    said = ModelFile.load(Path(exported(finished, "tflite-int8")["path"])).metadata["input"]
    assert said["dtype"] == "int8"
    assert said["scale"] > 0
    assert -128 <= said["zero_point"] <= 127
    plain = ModelFile.load(Path(exported(finished, "onnx-int8")["path"])).metadata["input"]
    assert (plain["dtype"], plain["scale"]) == ("float32", None)


def test_places_that_cannot_be_written_are_named_before_any_work(run: Path, tmp_path: Path) -> None:
    (tmp_path / "folder.onnx").mkdir()
    (tmp_path / "file").write_text("")
    for place, sentence in (
        (tmp_path / "folder.onnx", "folder.onnx cannot be written"),
        (tmp_path / "file" / "net.onnx", "net.onnx cannot be written"),
        (tmp_path / "net.tflite", "net.tflite is no name for onnx: let it end in .onnx"),
    ):
        with pytest.raises(InputError, match=sentence.replace(".", r"\.")):
            quickly(run, output=place)
    assert not list(tmp_path.glob("*.partial"))


def test_data_of_other_classes_is_refused(run: Path) -> None:
    with pytest.raises(InputError, match="digits has other classes than the network was trained"):
        quickly(run, data="digits")


@pytest.mark.parametrize("batch", ["0", "-1", "many", "1.5"])
def test_impossible_batches_are_refused(run: Path, batch: str) -> None:
    outcome = run_cli("export", run, "--batch", batch)
    assert outcome.status == 2
    assert f"--batch {batch} is" in outcome.stderr


def test_onnx_file_stands_alone(finished: Finished, images: Path) -> None:
    """Whoever has only the file classifies as well as the report says."""
    path = finished.path / "model.onnx"
    onnx.checker.check_model(onnx.load(path), full_check=True)
    metadata = ModelFile.load(path).metadata
    scaling = metadata["normalisation"]
    data = open_data(str(images)).load(8)
    pixels = data.test.images.numpy().astype(np.float32) * scaling["scale"]
    mean, std = (np.array(scaling[name], np.float32)[:, None, None] for name in ("mean", "std"))
    session = onnxruntime.InferenceSession(path)
    logits = [session.run(None, {"images": one[None]})[0] for one in (pixels - mean) / std]
    found = np.concatenate(logits).argmax(1) == data.test.labels.numpy()
    assert found.mean() == pytest.approx(metadata["test_accuracy"])


def test_metadata_says_what_the_file_is(finished: Finished, micro_table: Path) -> None:
    metadata = ModelFile.load(finished.path / "model.onnx").metadata
    assert metadata["classes"] == ["dots", "lines", "rings"]
    architecture = Architecture.from_json(json.dumps(metadata["architecture"]))
    assert architecture == Architecture.load(finished.path / "architecture.json")
    info = load_predictor(micro_table).info
    assert metadata["latency"]["device"] == info.device.fingerprint
    assert metadata["latency"]["target_ms"] == finished.target_ms
    assert 0 < metadata["latency"]["predicted_ms"] <= finished.target_ms


def test_metadata_of_a_foreign_file_is_empty(foreign_model: Path) -> None:
    assert read_metadata(foreign_model.read_bytes(), ".onnx") == {}


@pytest.mark.parametrize("file_format", ["onnx", "tflite"])
def test_a_file_that_differs_is_not_left_behind(
    run: Path, file_format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "TOLERANCE", 0.0)
    with pytest.raises(InputError, match=f"the {file_format} export of .* differs from PyTorch"):
        quickly(run, file_format)
    assert not list(run.glob("model*"))


def test_wrong_weights_in_the_graph_are_noticed(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check is on logits, so a batch norm folded wrongly cannot slip through."""

    def without_last_bias(network: Network) -> Weights:
        *weights, (kernel, bias) = folded_weights(network)
        return [*weights, (kernel, bias + np.float32(0.001))]

    monkeypatch.setattr(formats, "folded_weights", without_last_bias)
    with pytest.raises(InputError, match=r"differs from PyTorch by 0\.001"):
        quickly(run)


def test_output_can_be_named(run: Path, tmp_path: Path) -> None:
    result = quickly(run, output=tmp_path / "elsewhere" / "net.onnx")
    assert result.path == str(tmp_path / "elsewhere" / "net.onnx")
    assert (tmp_path / "elsewhere" / "net.onnx").is_file()
    assert not (run / "model.onnx").exists()


@pytest.mark.parametrize("file_format", FORMATS)
def test_export_is_repeatable(run: Path, file_format: str) -> None:
    first, second = (
        Path(quickly(run, file_format, max_drop=100).path).read_bytes() for _ in range(2)
    )
    assert first == second


def test_unknown_format_is_refused(run: Path) -> None:
    with pytest.raises(InputError, match="no format 'coreml': choose one of onnx, onnx-int8, tfl"):
        quickly(run, "coreml")


def test_untrained_run_is_refused(run: Path) -> None:
    shutil.rmtree(run / "train")
    with pytest.raises(
        InputError, match="holds no trained network: train it with `proxyless train"
    ):
        quickly(run)


@pytest.mark.parametrize("damage", ["missing", "truncated", "other"])
def test_unusable_weights_are_named(run: Path, micro: Space, damage: str) -> None:
    path = run / "train" / "weights.safetensors"
    if damage == "missing":
        path.unlink()
    elif damage == "truncated":
        path.write_bytes(path.read_bytes()[:-100])
    else:
        save_weights(Architecture.choose(micro, [0, 4, 0, 4]).build(), path)
    with pytest.raises(InputError, match=r"weights .*weights\.safetensors") as caught:
        quickly(run)
    assert "train" in str(caught.value)


def test_weights_load_back_to_the_trained_network(finished: Finished, images: Path) -> None:
    architecture = Architecture.load(finished.path / "architecture.json")
    network = load_network(architecture, finished.path / "train" / "weights.safetensors")
    assert not network.training
    data = open_data(str(images)).load(8)
    batch, labels = Batcher(data.test, Normalisation.of(data, next(network.parameters()).device))(
        data.test.labels.argsort()
    )
    result = json.loads((finished.path / "train" / "result.json").read_text())
    found = (network(batch).argmax(1) == labels).float().mean()
    assert float(found) == pytest.approx(result["test_accuracy"])


def test_moved_data_is_named(tmp_path: Path, run: Path) -> None:
    path = run / "train" / "result.json"
    result = json.loads(path.read_text())
    result["data"] = str(tmp_path / "moved")
    path.write_text(json.dumps(result))
    with pytest.raises(InputError, match="moved does not exist"):
        quickly(run)
    write_images(tmp_path / "moved", (5, 5, 5))
    assert run_cli("export", run, "--no-measure").status == 0


def test_models_of_others_stay(run: Path, tmp_path: Path) -> None:
    path = tmp_path / "theirs.onnx"
    for content in (b"precious", onnx.ModelProto(producer_name="x").SerializeToString()):
        path.write_bytes(content)
        outcome = run_cli("export", run, "--no-measure", "--output", path)
        assert outcome.status == 2
        assert "exists and is not of proxyless: " in outcome.stderr
        assert path.read_bytes() == content
    assert run_cli("export", run, "--no-measure", "--output", path, "--force").status == 0
    assert run_cli("export", run, "--no-measure", "--output", path).status == 0
    secret = tmp_path / "secret"
    secret.write_bytes(path.read_bytes())
    (tmp_path / "link.onnx").symlink_to(secret)
    before = secret.read_bytes()
    assert run_cli("export", run, "--no-measure", "--output", tmp_path / "link.onnx").status == 0
    assert secret.read_bytes() == before
    assert not (tmp_path / "link.onnx").is_symlink()
