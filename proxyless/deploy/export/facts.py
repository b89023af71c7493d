"""What an exported file says of itself, put together."""

import json
from dataclasses import asdict

from ...runs.results import Times
from ...runs.trained_run import TrainedRun
from ...version import __version__
from ..model_facts import ImageNormalisation, InputFacts, ModelFacts, PredictedLatency
from ..model_file import ModelFile


def model_facts(
    trained: TrainedRun,
    model: ModelFile,
    *,
    dtype: str,
    pixels: bool,
    test_accuracy: float,
    measured: Times | None,
) -> ModelFacts:
    """Return what a file says of the run it comes from, and of itself.

    ``test_accuracy`` is the file's own, ``measured`` what it takes on this machine, if it was
    timed.
    """
    result = trained.result
    return ModelFacts(
        version=__version__,
        architecture=json.loads(trained.architecture.to_json()),
        classes=result.class_names,
        normalisation=ImageNormalisation(1 / 255, result.mean, result.std),
        data=result.data,
        test_accuracy=test_accuracy,
        dtype=dtype,
        input=_input(model, pixels),
        latency=_latency(trained),
        measured=measured,
    )


def _input(model: ModelFile, pixels: bool) -> InputFacts:
    channels, height, width = model.shape
    return InputFacts(
        layout="NCHW" if model.suffix == ".onnx" else "NHWC",
        channels=channels,
        height=height,
        width=width,
        **asdict(model.numbers),
        values="pixels of 0 to 255" if pixels else "(pixel / 255 - mean) / std",
        pixels=pixels,
    )


def _latency(trained: TrainedRun) -> PredictedLatency | None:
    searched = trained.search_result
    if searched is None:
        return None
    return PredictedLatency(
        searched.predicted_ms,
        searched.target_ms,
        searched.profile,
        searched.device,
        searched.runtime,
        searched.settings,
    )
