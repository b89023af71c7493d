"""Full int8 quantisation of float32 model files: weights and activations, calibrated on images."""

import contextlib
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..optional import optional
from .tflite import INPUT, SIGNATURE

Images = NDArray[np.float32]


def quantised_onnx(content: bytes, images: Sequence[Images]) -> bytes:
    """Return an ONNX model with int8 weights per channel and uint8 activations, as QDQ nodes.

    Weights use 7 of the 8 bits: without VNNI, x86 sums pairs of products of weights and activations
    in 16 bits, which would overflow. (A network for CIFAR-10 lost 18 points of accuracy to this.)

    Args:
        content: a float32 model with one input.
        images: batches in the shape of its input, from which the ranges of activations are taken.
    """
    import onnx
    from onnxruntime.quantization import (
        CalibrationDataReader,
        QuantFormat,
        QuantType,
        quantize_static,
    )

    model = onnx.load_from_string(content)
    name = model.graph.input[0].name

    class Reader(CalibrationDataReader):  # type: ignore[misc]  # the package has no types
        """Yields the batches in order."""

        def __init__(self) -> None:
            self.batches = iter(images)

        def get_next(self) -> dict[str, Images] | None:
            """Return the next batch under the input's name, or None after the last."""
            batch = next(self.batches, None)
            return None if batch is None else {name: batch}

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        with _quiet():
            quantize_static(
                model,
                path,
                Reader(),
                quant_format=QuantFormat.QDQ,
                per_channel=True,
                reduce_range=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
            )
        return path.read_bytes()


def quantised_tflite(content: bytes, images: Sequence[Images]) -> bytes:
    """Return a TFLite model of int8 weights per channel and int8 activations, input and output.

    Args:
        content: a float32 model of :func:`search_spaces.graphs.tflite.tflite_model`.
        images: batches in the shape of its input (batch, H, W, C), from which the ranges of
            activations are taken.

    Raises:
        InputError: the package litert-quantizer is missing.
    """
    calibrator, quantizer, recipe, recipe_manager, statistics = (
        optional(f"litert_quantizer.{name}", "int8 for TFLite", "tflite")
        for name in ("calibrator", "quantizer", "recipe", "recipe_manager", "utils.qsv_utils")
    )
    with _quiet():
        rules = recipe.static_wi8_ai8()
        manager = recipe_manager.RecipeManager()
        manager.load_quantization_recipe(rules)
        # The default, moving averages, would weight the last batches more; min-max covers all.
        observer = calibrator.Calibrator(
            content, num_threads=1, qsv_update_func=statistics.min_max_update
        )
        observer.calibrate({SIGNATURE: [{INPUT: batch} for batch in images]}, manager)
        result = quantizer.Quantizer(content, rules).quantize(
            observer.get_model_qsvs(), enable_progress_bar=False, enable_progress_report=False
        )
    return bytes(result.quantized_model)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Suppress the progress bars and warnings of the quantisation tools."""
    import io

    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
