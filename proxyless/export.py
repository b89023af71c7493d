"""Export: the trained network as a file other people's tools accept, checked before it is left."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from latency.engines import open_interpreter, open_session
from search_spaces import Architecture, InputError, Network
from search_spaces.graphs.onnx import onnx_model
from search_spaces.graphs.weights import folded_weights
from search_spaces.schema import read_json

from .batches import Batcher, Normalisation
from .data import open_data
from .run_directory import write_atomically
from .search_result import check_one_device, load_architecture
from .weights import load_network

TOLERANCE = 1e-4
"""Largest difference of any logit between PyTorch and the exported file, absolute."""
CHECKED_IMAGES = 64
FORMATS = ("onnx", "tflite")
METADATA = "proxyless"

Images = NDArray[np.float32]


@dataclass(frozen=True)
class Export:
    """An exported file and how far its logits are from PyTorch's."""

    path: str
    bytes: int
    max_difference: float
    images_checked: int


def export(run: Path, file_format: str = "onnx", output: Path | None = None) -> Export:
    """Export the trained network of a run to ``run / "model.FORMAT"`` or ``output``.

    The file is lowered from operation specs by the same code that made the profiled graphs, with
    batch norms folded. Its logits are compared with PyTorch's on real training images first.

    Raises:
        InputError: the run is not trained, the format is unknown, or the check fails; a file that
            fails is not left behind.
    """
    if file_format not in FORMATS:
        raise InputError(f"there is no format {file_format!r}: choose {' or '.join(FORMATS)}")
    check_one_device(run)
    result_file = run / "train" / "result.json"
    if not result_file.exists():
        raise InputError(f"{run} holds no trained network: train it with `proxyless train {run}`")
    trained = read_json(result_file, "training result")
    architecture = load_architecture(run)
    network = load_network(architecture, run / "train" / "weights.safetensors")
    if file_format == "onnx":
        content = onnx_bytes(network, architecture, run_metadata(run, architecture, trained))
    else:
        content = tflite_bytes(network, architecture)
    images = _real_images(trained, architecture)
    difference = max_difference(network, _logits(content, file_format), images)
    if not difference < TOLERANCE:
        raise InputError(
            f"the {file_format} export of {run} differs from PyTorch by {difference:.2g} in a "
            f"logit, more than {TOLERANCE:g}: nothing was written; please report this architecture"
        )
    path = output or run / f"model.{file_format}"
    write_atomically(path, content)
    return Export(str(path), len(content), difference, len(images))


def onnx_bytes(
    network: Network, architecture: Architecture, metadata: dict[str, str] | None = None
) -> bytes:
    """Return a network in evaluation mode as a checked ONNX file with batch size 1."""
    model = onnx_model(architecture.active, folded_weights(network), 1, metadata)
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()


def tflite_bytes(network: Network, architecture: Architecture) -> bytes:
    """Return a network in evaluation mode as a TFLite file with batch size 1, NHWC."""
    try:
        from search_spaces.graphs.tflite import tflite_model
    except ModuleNotFoundError:
        raise InputError(
            "exporting to TFLite needs the package ai-edge-litert: pip install 'proxyless[tflite]'"
        ) from None
    return tflite_model(architecture.active, folded_weights(network))


def max_difference(
    network: Network, logits: Callable[[Images], Images], images: torch.Tensor
) -> float:
    """Return the largest absolute difference of any logit between PyTorch and another program."""
    with torch.inference_mode():
        expected = network(images).numpy()
    found = np.concatenate([logits(image[None].numpy()) for image in images])
    return float(np.abs(expected - found).max())


def run_metadata(run: Path, architecture: Architecture, trained: dict[str, Any]) -> dict[str, str]:
    """Return what an exported file says of itself: JSON values under ``proxyless.*`` keys."""
    metadata: dict[str, Any] = {
        "version": version("proxyless"),
        "architecture": json.loads(architecture.to_json()),
        "classes": trained["class_names"],
        "normalisation": {"scale": 1 / 255, "mean": trained["mean"], "std": trained["std"]},
        "data": trained["data"],
        "test_accuracy": trained["test_accuracy"],
    }
    search_result = run / "search" / "result.json"
    if search_result.exists():
        found = read_json(search_result, "search result")
        names = ("predicted_ms", "target_ms", "profile", "device", "runtime", "settings")
        metadata["latency"] = {name: found[name] for name in names}
    return {f"{METADATA}.{name}": json.dumps(value) for name, value in metadata.items()}


def read_metadata(path: Path) -> dict[str, Any]:
    """Return what an ONNX file of ours says of itself; empty for anybody else's."""
    model = onnx.load(path, load_external_data=False)
    prefix = f"{METADATA}."
    return {
        entry.key.removeprefix(prefix): json.loads(entry.value)
        for entry in model.metadata_props
        if entry.key.startswith(prefix)
    }


def _real_images(trained: dict[str, Any], architecture: Architecture) -> torch.Tensor:
    data = open_data(trained["data"]).load(architecture.input_shape[1])
    normalise = Normalisation(tuple(trained["mean"]), tuple(trained["std"]), torch.device("cpu"))
    count = min(CHECKED_IMAGES, len(data.train))
    images, _ = Batcher(data.train, normalise)(torch.arange(count))
    return images.contiguous()


def _logits(content: bytes, file_format: str) -> Callable[[Images], Images]:
    if file_format == "onnx":
        session = open_session(content)
        name = session.get_inputs()[0].name
        return lambda images: session.run(None, {name: images})[0]
    interpreter = open_interpreter(content)
    given, output = interpreter.get_input_details()[0], interpreter.get_output_details()[0]

    def call(images: Images) -> Images:
        interpreter.set_tensor(given["index"], images.transpose(0, 2, 3, 1))
        interpreter.invoke()
        found: Images = interpreter.get_tensor(output["index"])
        return found

    return call
