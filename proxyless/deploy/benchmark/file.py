"""A model file that is to be measured: its metadata, its numbers, and what it takes."""

from collections import Counter
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto

from latency.runtimes import get_version
from search_spaces import Architecture, InputError
from search_spaces.graphs.files import read_model
from search_spaces.graphs.metadata import read_texts
from search_spaces.nearest import did_you_mean_path

from ..claims import Claims, believed
from ..model_facts import ModelFacts
from ..model_file import SUFFIXES, image_shape, parse_metadata
from ..model_process import ModelDescription, ModelProcess, TensorDescription
from ..timing import runtimes_of

QUANTISED = {
    "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "QLinearConv", "QLinearMatMul",
    "ConvInteger", "MatMulInteger",
}  # fmt: skip
"""ONNX operators that compute with, or convert to, integers."""
FLOATS: dict[int, str] = {
    TensorProto.FLOAT: "float32", TensorProto.FLOAT16: "float16", TensorProto.BFLOAT16: "bfloat16",
    TensorProto.DOUBLE: "float64",
}  # fmt: skip
"""ONNX's floating-point numbers, by the names that settings have."""
IMAGES = 4
"""Dimensions of a batch of images."""


@dataclass(frozen=True)
class BenchmarkFile:
    """What is known of a file before it is timed.

    ``batch`` is None where the file leaves it open; ``shape`` is (channels, height, width), None
    for a file that takes anything but images. ``dtype`` is int8 where any of it computes in that.
    ``claims`` are what is believed of its metadata; ``memory`` is what it adds to a process, in
    bytes. ``other_runtimes`` take files of its suffix too, and run it where they are named.
    """

    path: Path
    runtime: str
    claims: Claims
    dtype: str
    batch: int | None
    shape: tuple[int, ...] | None
    other_runtimes: tuple[str, ...] = ()
    memory: int | None = None

    @classmethod
    def read(cls, path: Path, batch: int = 1) -> "BenchmarkFile":
        """Look into a file, and run it on ``batch`` images, if it leaves that open.

        Raises:
            InputError: it is missing, damaged, or of no kind that runs here.
        """
        if not path.is_file():
            near = did_you_mean_path(path, lambda file: file.suffix in SUFFIXES)
            if path.is_dir():
                raise InputError(f"{path} is a folder{near}: name the model files in it")
            if path.exists() or path.is_symlink():
                raise InputError(
                    f"model {path} is no regular file, or a link to nothing: name another"
                )
            raise InputError(
                f"model {path} does not exist{near}: export one with `proxyless export RUN`"
            )
        runtime, *others = runtimes_of(path)
        get_version(runtime)  # raises if its package is missing
        names = tuple(other.name for other in others)
        content = read_model(path)
        if path.suffix not in SUFFIXES:  # of a runtime of somebody else's
            return cls(path, runtime.name, Claims(), runtime.dtype(content), None, None, names)
        try:
            texts = read_texts(content, path.suffix)
        except InputError as error:
            raise InputError(f"model {path} is of no use: {error}") from None
        described = ModelProcess(path, batch).description
        if described.unfit is not None:
            raise InputError(f"model {path} is of no use: {described.unfit}")
        shape: tuple[int, ...] | None
        try:
            _, shape, _ = image_shape(described.inputs, path.suffix)
        except InputError:
            shape = None
        return cls(
            path,
            runtime.name,
            believed(path, content, lambda: parse_metadata(texts), shape),
            _onnx_dtype(content) if path.suffix == ".onnx" else _tflite_dtype(described),
            _batch(described.inputs),
            shape,
            names,
            described.memory,
        )

    @property
    def facts(self) -> ModelFacts | None:
        """What is believed of what a file of ours says; None of anybody else's."""
        return self.claims.facts

    @property
    def architecture(self) -> Architecture | None:
        """The network of a file of ours; None if it needs a package that is not installed here."""
        return self.claims.architecture


def _batch(inputs: tuple[TensorDescription, ...]) -> int | None:
    """Return the images a call: the first dimension of the images, or of the first input."""
    images = [tensor for tensor in inputs if len(tensor.shape) == IMAGES]
    shapes = [tensor.shape for tensor in (*images, *inputs) if tensor.shape]
    return shapes[0][0] if shapes else 1


def _onnx_dtype(content: bytes) -> str:
    """Return the numbers that most of a file's constants, or else its input, are made of."""
    graph = onnx.load_from_string(content).graph
    if any(node.op_type in QUANTISED for node in graph.node):
        return "int8"
    constants = [*graph.initializer]
    constants += [
        attribute.t
        for node in graph.node
        if node.op_type == "Constant"
        for attribute in node.attribute
        if attribute.name == "value"
    ]
    sizes: Counter[str] = Counter()
    for tensor in constants:
        if tensor.data_type in FLOATS:
            sizes[FLOATS[tensor.data_type]] += prod(tensor.dims)
    if sizes:
        return max(sizes, key=lambda name: sizes[name])
    kinds = [value.type.tensor_type.elem_type for value in graph.input]
    return next((FLOATS[kind] for kind in kinds if kind in FLOATS), "float32")


def _tflite_dtype(described: ModelDescription) -> str:
    kinds = set(described.kinds)
    if any(np.dtype(kind).kind in "iu" for kind in kinds):
        return "int8"
    return "float16" if "float16" in kinds else "float32"
