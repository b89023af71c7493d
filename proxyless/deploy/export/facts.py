"""What an exported file says of itself."""

import json
from dataclasses import asdict
from typing import Any

from search_spaces.schema import read_json

from ...runs.trained_run import TrainedRun
from ...version import __version__
from ..model_file import ModelFile


def run_metadata(trained: TrainedRun) -> dict[str, Any]:
    """Return what a file says of the run it comes from."""
    result = trained.result
    metadata: dict[str, Any] = {
        "version": __version__,
        "architecture": json.loads(trained.architecture.to_json()),
        "classes": result["class_names"],
        "normalisation": {"scale": 1 / 255, "mean": result["mean"], "std": result["std"]},
        "data": result["data"],
        "test_accuracy": result["test_accuracy"],
    }
    search_result = trained.path / "search" / "result.json"
    if search_result.exists():
        found = read_json(search_result, "search result")
        names = ("predicted_ms", "target_ms", "profile", "device", "runtime", "settings")
        metadata["latency"] = {name: found[name] for name in names}
    return metadata


def input_facts(model: ModelFile, pixels: bool) -> dict[str, Any]:
    """Return how a file wants to be fed."""
    channels, height, width = model.shape
    return {
        "layout": "NCHW" if model.suffix == ".onnx" else "NHWC",
        "channels": channels,
        "height": height,
        "width": width,
        **asdict(model.numbers),
        "values": "pixels of 0 to 255" if pixels else "(pixel / 255 - mean) / std",
        "pixels": pixels,
    }
