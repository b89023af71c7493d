"""Milliseconds of every node of an ONNX model, from ONNX Runtime's own profiler."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import onnxruntime

from latency.timing.engines import onnxruntime_options, random_images

SUFFIX = "_kernel_time"


def node_times(
    model: bytes, warmups: int, calls: int
) -> Iterator[tuple[float, list[tuple[str, float]]]]:
    """Run a model of one input; yield the ms of each call, and (name of the node, ms) in it."""
    with tempfile.TemporaryDirectory() as folder:
        options = onnxruntime_options(threads=1)
        options.enable_profiling = True
        options.profile_file_prefix = f"{folder}/profile"
        session = onnxruntime.InferenceSession(model, options, ["CPUExecutionProvider"])
        (given,) = session.get_inputs()
        images = {given.name: random_images(given.shape)}
        for _ in range(warmups + calls):
            session.run(None, images)
        events = json.loads(Path(session.end_profiling()).read_text())
    events.sort(key=lambda event: event["ts"])
    wholes = [event for event in events if event["name"] == "model_run"][warmups:]
    nodes = [event for event in events if event["name"].endswith(SUFFIX)]
    for whole in wholes:
        end = whole["ts"] + whole["dur"]
        inside = (node for node in nodes if whole["ts"] <= node["ts"] < end)
        times = [(node["name"].removesuffix(SUFFIX), node["dur"] / 1e3) for node in inside]
        yield whole["dur"] / 1e3, times
