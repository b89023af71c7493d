import json
import shutil
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from conftest import Finished
from support import run_cli, write_images

from latency import load_predictor
from proxyless import export, open_data
from proxyless.batches import Batcher, Normalisation
from proxyless.export import read_metadata
from proxyless.weights import load_network, save_weights
from search_spaces import Architecture, InputError, Space


@pytest.fixture
def run(tmp_path: Path, finished: Finished) -> Path:
    """A copy of the finished run, to be spoilt, without its exported files."""
    ignored = shutil.ignore_patterns("model.*", "tensorboard")
    return Path(shutil.copytree(finished.path, tmp_path / "run", ignore=ignored))


@pytest.mark.parametrize("verb", ["export", "export tflite"])
def test_exported_file_agrees_with_pytorch(finished: Finished, verb: str) -> None:
    result = finished.json(verb)
    assert isinstance(result, dict)
    assert result["max_difference"] < 1e-4
    assert result["images_checked"] == 58
    assert Path(result["path"]).stat().st_size == result["bytes"]


def test_onnx_file_stands_alone(finished: Finished, images: Path) -> None:
    """Whoever has only the file classifies as well as the report says."""
    path = finished.path / "model.onnx"
    onnx.checker.check_model(onnx.load(path), full_check=True)
    metadata = read_metadata(path)
    scaling = metadata["normalisation"]
    data = open_data(str(images)).load(8)
    pixels = data.test.images.numpy().astype(np.float32) * scaling["scale"]
    mean, std = (np.array(scaling[name], np.float32)[:, None, None] for name in ("mean", "std"))
    session = onnxruntime.InferenceSession(path)
    logits = [session.run(None, {"images": one[None]})[0] for one in (pixels - mean) / std]
    found = np.concatenate(logits).argmax(1) == data.test.labels.numpy()
    assert found.mean() == pytest.approx(metadata["test_accuracy"])


def test_metadata_says_what_the_file_is(finished: Finished, micro_table: Path) -> None:
    metadata = read_metadata(finished.path / "model.onnx")
    assert metadata["classes"] == ["dots", "lines", "rings"]
    architecture = Architecture.from_json(json.dumps(metadata["architecture"]))
    assert architecture == Architecture.load(finished.path / "architecture.json")
    info = load_predictor(micro_table).info
    assert metadata["latency"]["device"] == info.device.fingerprint
    assert metadata["latency"]["target_ms"] == finished.target_ms
    assert 0 < metadata["latency"]["predicted_ms"] <= finished.target_ms


def test_metadata_of_a_foreign_file_is_empty(foreign_model: Path) -> None:
    assert read_metadata(foreign_model) == {}


@pytest.mark.parametrize("file_format", ["onnx", "tflite"])
def test_a_file_that_differs_is_not_left_behind(
    run: Path, file_format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["proxyless.export"], "TOLERANCE", 0.0)
    with pytest.raises(InputError, match=f"the {file_format} export of .* differs from PyTorch"):
        export(run, file_format)
    assert not list(run.glob("model.*"))


def test_wrong_weights_in_the_graph_are_noticed(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check is on logits, so a batch norm folded wrongly cannot slip through."""
    module = sys.modules["proxyless.export"]
    folded = module.folded_weights

    def without_last_bias(network: object) -> object:
        *weights, (kernel, bias) = folded(network)
        return [*weights, (kernel, bias + 0.001)]

    monkeypatch.setattr(module, "folded_weights", without_last_bias)
    with pytest.raises(InputError, match=r"differs from PyTorch by 0\.001"):
        export(run)


def test_output_can_be_named(run: Path, tmp_path: Path) -> None:
    result = export(run, output=tmp_path / "elsewhere" / "net.onnx")
    assert result.path == str(tmp_path / "elsewhere" / "net.onnx")
    assert (tmp_path / "elsewhere" / "net.onnx").is_file()
    assert not (run / "model.onnx").exists()


def test_export_is_repeatable(run: Path, finished: Finished) -> None:
    export(run)
    assert (run / "model.onnx").read_bytes() == (finished.path / "model.onnx").read_bytes()


def test_unknown_format_is_refused(run: Path) -> None:
    with pytest.raises(InputError, match="no format 'coreml': choose onnx or tflite"):
        export(run, "coreml")


def test_untrained_run_is_refused(run: Path) -> None:
    shutil.rmtree(run / "train")
    with pytest.raises(
        InputError, match="holds no trained network: train it with `proxyless train"
    ):
        export(run)


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
        export(run)
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
        export(run)
    write_images(tmp_path / "moved", (5, 5, 5))
    assert run_cli("export", run).status == 0
