"""A model file that is to be measured: its metadata, its numbers, and what it takes."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx

from latency.runtimes import get_version
from latency.timing.engines import open_interpreter
from search_spaces import Architecture, InputError
from search_spaces.errors import reason
from search_spaces.graphs.files import read_model
from search_spaces.nearest import did_you_mean_path
from search_spaces.operations.registry import foreign_kinds

from ..model_facts import ModelFacts
from ..model_file import SUFFIXES, ModelFile, read_metadata
from ..timing import runtimes_of

QUANTISED = {
    "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "QLinearConv", "QLinearMatMul",
    "ConvInteger", "MatMulInteger",
}  # fmt: skip
"""ONNX operators that compute with, or convert to, integers."""


@dataclass(frozen=True)
class BenchmarkFile:
    """What is known of a file before it runs.

    ``batch`` is None where the file leaves it open; ``shape`` is (channels, height, width), None
    for a file that takes anything but images. ``dtype`` is int8 where any of it computes in that.
    ``other_runtimes`` take files of its suffix too, and run it where they are named.
    """

    path: Path
    runtime: str
    facts: ModelFacts | None
    dtype: str
    batch: int | None
    shape: tuple[int, ...] | None
    other_runtimes: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: Path) -> "BenchmarkFile":
        """Look into a file.

        Raises:
            InputError: it is missing, damaged, or of no kind that runs here.
        """
        if not path.is_file():
            near = did_you_mean_path(path, lambda file: file.suffix in SUFFIXES)
            if path.is_dir():
                raise InputError(f"{path} is a folder{near}: name the model files in it")
            raise InputError(
                f"model {path} does not exist{near}: export one with `proxyless export RUN`"
            )
        runtime, *others = runtimes_of(path)
        get_version(runtime)  # raises if its package is missing
        names = tuple(other.name for other in others)
        content = read_model(path)
        if path.suffix not in SUFFIXES:  # of a runtime of somebody else's
            return cls(path, runtime.name, None, runtime.dtype(content), None, None, names)
        try:
            facts = ModelFacts.of_metadata(read_metadata(content, path.suffix))
            dtype, batch = _onnx(content) if path.suffix == ".onnx" else _tflite(content)
        except InputError as error:
            raise InputError(f"model {path} is of no use: {error}") from None
        try:
            shape = ModelFile.open(content, path.suffix).shape
        except InputError:
            shape = None
        return cls(path, runtime.name, facts, dtype, batch, shape, names)

    @property
    def architecture(self) -> Architecture | None:
        """The network of a file of ours; None if it needs a package that is not installed here."""
        if self.facts is None or self.facts.architecture is None:
            return None
        try:
            return Architecture.from_json(json.dumps(self.facts.architecture), str(self.path))
        except InputError:
            if foreign_kinds(self.facts.architecture.get("operations")):
                return None
            raise


def _onnx(content: bytes) -> tuple[str, int | None]:
    """Return the numbers it computes in, and its batch: the first input's first dimension."""
    graph = onnx.load_from_string(content).graph
    quantised = any(node.op_type in QUANTISED for node in graph.node)
    if len(graph.input) == 0:
        raise InputError("it takes no input")
    dimensions = graph.input[0].type.tensor_type.shape.dim
    first = dimensions[0] if dimensions else None
    fixed = first.dim_value if first is not None and first.HasField("dim_value") else None
    return "int8" if quantised else "float32", fixed


def _tflite(content: bytes) -> tuple[str, int | None]:
    try:
        interpreter = open_interpreter(content)
    except (RuntimeError, ValueError) as error:
        raise InputError(f"it cannot be opened: {reason(error)}") from None
    kinds = {np.dtype(tensor["dtype"]).name for tensor in interpreter.get_tensor_details()}
    inputs = interpreter.get_input_details()
    if not inputs:
        raise InputError("it takes no input")
    shape = inputs[0]["shape"]
    return "int8" if kinds & {"int8", "uint8"} else "float32", int(shape[0]) if len(shape) else None
