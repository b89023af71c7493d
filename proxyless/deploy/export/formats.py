"""The formats a network leaves in: each is lowered from specs by the code that profiling uses."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray

from search_spaces import Architecture, InputError, Network
from search_spaces.graphs.onnx import onnx_model
from search_spaces.graphs.quantised import quantised_onnx, quantised_tflite
from search_spaces.graphs.scaling import Scaling
from search_spaces.graphs.tflite import tflite_model
from search_spaces.graphs.weights import folded_weights

Images = NDArray[np.float32]


@dataclass(frozen=True)
class Format:
    """A kind of file: its name, the suffix and runtime it goes with, and its numbers."""

    name: str
    suffix: str
    runtime: str
    dtype: str

    @property
    def file_name(self) -> str:
        """The name that a file of this format has in a run."""
        return f"model{'-int8' if self.dtype == 'int8' else ''}{self.suffix}"


FORMATS = {
    file_format.name: file_format
    for file_format in (
        Format("onnx", ".onnx", "onnxruntime", "float32"),
        Format("onnx-int8", ".onnx", "onnxruntime", "int8"),
        Format("tflite", ".tflite", "litert", "float32"),
        Format("tflite-int8", ".tflite", "litert", "int8"),
    )
}


def get_format(name: str) -> Format:
    """Return the format called ``name``."""
    if name not in FORMATS:
        raise InputError(f"there is no format {name!r}: choose one of {', '.join(FORMATS)}")
    return FORMATS[name]


def lower(
    network: Network,
    architecture: Architecture,
    kind: Format,
    batch: int | None = 1,
    scaling: Scaling | None = None,
    calibration: Images | None = None,
) -> bytes:
    """Return a network in evaluation mode as the bytes of a file, batch norms folded.

    Args:
        network: built from ``architecture``.
        architecture: what is lowered.
        kind: one of :data:`FORMATS`.
        batch: images a call; None leaves it open, which only ONNX can.
        scaling: the input normalisation, if it shall be in the graph.
        calibration: for int8: images (N, C, H, W) as the file will get them.
    """
    weights = folded_weights(network)
    if kind.suffix == ".onnx":
        model = onnx_model(architecture.active, weights, batch, scaling)
        onnx.checker.check_model(model, full_check=True)
        content = model.SerializeToString()
    else:
        if batch is None:
            raise InputError("a TFLite file has a fixed batch: give `batch` a number")
        content = tflite_model(architecture.active, weights, batch, scaling)
    if kind.dtype == "float32":
        return content
    if calibration is None or len(calibration) == 0:
        raise InputError(f"{kind.name} needs images to calibrate with")
    if kind.suffix == ".onnx":
        return quantised_onnx(content, _batches(calibration, batch or 1))
    return quantised_tflite(content, _batches(calibration.transpose(0, 2, 3, 1), batch or 1))


def _batches(images: Images, size: int) -> Sequence[Images]:
    """Cut into batches of exactly this size; images are used twice where they are too few."""
    count = -(-len(images) // size) * size
    whole = np.ascontiguousarray(np.resize(images, (count, *images.shape[1:])))
    return np.split(whole, count // size)
