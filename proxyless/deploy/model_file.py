"""A model file, opened: images in, logits out, whatever its layout, numbers and batch."""

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from search_spaces import InputError
from search_spaces.graphs.files import read_model
from search_spaces.graphs.metadata import add_metadata, read_texts
from search_spaces.outside import parse_json

from .model_facts import ModelFacts
from .model_process import ModelProcess, TensorDescription

SUFFIXES = (".onnx", ".tflite")
"""Of the files that can be run on images, and say something of themselves."""
PREFIX = "proxyless."
"""Before the name of every piece of metadata that exporting writes."""
PLANES = (1, 3)
"""Channels that an image has: what tells its layout."""

Array = NDArray[Any]


@dataclass(frozen=True)
class Numbers:
    """What a file's input is made of: integers may stand for (integer - zero_point) * scale."""

    dtype: str
    scale: float | None = None
    zero_point: int | None = None

    @property
    def integers(self) -> bool:
        """Whether they are integers, of whatever meaning."""
        return bool(np.issubdtype(np.dtype(self.dtype), np.integer))

    @property
    def span(self) -> tuple[float, float]:
        """The least and the largest value that integers stand for."""
        limits = np.iinfo(self.dtype)
        scale, zero = self._meaning
        return ((limits.min - zero) * scale, (limits.max - zero) * scale)

    def encode(self, values: Array) -> Array:
        """Return values as these numbers: integers are rounded, and end at their limits."""
        kind = np.dtype(self.dtype)
        if not self.integers:
            return values.astype(kind)
        limits = np.iinfo(kind)
        scale, zero = self._meaning
        return np.clip(np.round(values / scale) + zero, limits.min, limits.max).astype(kind)

    def decode(self, values: Array) -> Array:
        """Return what numbers stand for, as float32."""
        scale, zero = self._meaning
        floats = values.astype(np.float32)
        return floats if self.scale is None else (floats - zero) * np.float32(scale)

    @property
    def _meaning(self) -> tuple[float, int]:
        return (1.0, 0) if self.scale is None else (self.scale, self.zero_point or 0)


@dataclass(frozen=True)
class ModelFile:
    """An ONNX (``.onnx``) or TFLite (``.tflite``) model of images, open in a process of its own.

    Calling it takes float32 images (N, C, H, W) and returns float32 logits (N, classes), or the
    numbers of classes (N,) where ``tells_classes``: the file decides by itself. Images are what the
    network was trained on: normalised, or pixels of 0 to 255 where the file normalises them itself.
    ``batch`` is None where the file leaves it open; ``shape`` is (C, H, W); ``numbers`` are its
    input's. ``facts`` is what a file of ours says of itself, None for anybody else's; ``metadata``
    the same as plain data. ``encode`` and ``decode`` convert between these and what the file itself
    takes and gives in ``run``.
    """

    suffix: str
    metadata: Mapping[str, Any]
    facts: ModelFacts | None
    batch: int | None
    shape: tuple[int, int, int]
    numbers: Numbers
    tells_classes: bool
    encode: Callable[[Array], Array]
    run: Callable[[Array], Array]
    decode: Callable[[Array], Array]

    @classmethod
    def load(cls, path: Path, metadata: Mapping[str, Any] | None = None) -> Self:
        """Open a file; ``metadata`` stands for what it says of itself, where that is known.

        Raises:
            InputError: it is missing, damaged, or takes anything but images.
        """
        if path.suffix not in SUFFIXES:
            raise InputError(
                f"model {path} is of no use: only files of {' and '.join(SUFFIXES)} can be run on "
                "images"
            )
        content = read_model(path)
        try:
            if metadata is None:
                metadata = read_metadata(content, path.suffix)
            facts = ModelFacts.of_metadata(metadata)
        except InputError as error:
            raise InputError(f"model {path} is of no use: {error}") from None
        process = ModelProcess(path)
        try:
            return cls._of(process, path.suffix, metadata, facts)
        except InputError as error:
            raise InputError(f"model {path} is of no use: {error}") from None

    @classmethod
    def open(cls, content: bytes, suffix: str) -> Self:
        """Open the bytes of a file. Errors as :meth:`load`."""
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            path = Path(folder) / f"model{suffix}"
            path.write_bytes(content)
            return cls.load(path)

    @classmethod
    def _of(
        cls,
        process: ModelProcess,
        suffix: str,
        metadata: Mapping[str, Any],
        facts: ModelFacts | None,
    ) -> Self:
        described = process.description
        batch, shape, channels_last = image_shape(described.inputs, suffix)
        if described.unfit is not None:
            raise InputError(described.unfit)
        numbers = _numbers(described.inputs[0])
        place, tells_classes = _output(described.outputs)
        given = _numbers(described.outputs[place])

        def encode(images: Array) -> Array:
            ordered = images.transpose(0, 2, 3, 1) if channels_last else images
            return np.ascontiguousarray(numbers.encode(ordered))

        def decode(results: Array) -> Array:
            if tells_classes:
                return results.reshape(len(results)).astype(np.int64)
            return given.decode(results.reshape(results.shape[:2]))

        return cls(
            suffix,
            metadata,
            facts,
            batch,
            shape,
            numbers,
            tells_classes,
            encode,
            lambda images: process.run(images)[place],
            decode,
        )

    def __call__(self, images: Array) -> Array:
        """Return logits, or numbers of classes, running as many batches as it takes."""
        size = self.batch or len(images)
        parts = []
        for start in range(0, len(images), size):
            batch = images[start : start + size]
            padding = [(0, size - len(batch))] + [(0, 0)] * 3
            logits = self.decode(self.run(self.encode(np.pad(batch, padding))))
            parts.append(logits[: len(batch)])
        return np.concatenate(parts)


def image_shape(
    inputs: Sequence[TensorDescription], suffix: str
) -> tuple[int | None, tuple[int, int, int], bool]:
    """Return the batch (None if open), (C, H, W), and whether channels come last.

    Raises:
        InputError: a file with these inputs takes no images.
    """
    kinds = ", ".join(tensor.dtype for tensor in inputs) or "none"
    if len(inputs) != 1:
        raise InputError(f"its inputs are {kinds}: not one of images")
    (tensor,) = inputs
    if not _is_number(tensor.dtype):
        raise InputError(f"its inputs are {kinds}: not one of images")
    if len(tensor.shape) != 4 or None in tensor.shape[1:]:
        raise InputError(f"its input of shape {tensor.shape} is no batch of images of one size")
    batch, *rest = tensor.shape
    first, second, third = (int(size or 0) for size in rest)
    channels_last = third in PLANES and (suffix == ".tflite" or first not in PLANES)
    return batch, (third, first, second) if channels_last else (first, second, third), channels_last


def read_metadata(content: bytes, suffix: str) -> dict[str, Any]:
    """Return the metadata that exporting wrote into a file; empty for other people's files."""
    return parse_metadata(read_texts(content, suffix))


def parse_metadata(texts: Mapping[str, str]) -> dict[str, Any]:
    """Return those of a file's texts that exporting wrote, as plain data.

    Raises:
        InputError: one of them is no JSON.
    """
    return {
        name.removeprefix(PREFIX): parse_json(text, f"its metadata {name}")
        for name, text in texts.items()
        if name.startswith(PREFIX)
    }


def write_metadata(content: bytes, suffix: str, metadata: Mapping[str, object]) -> bytes:
    """Return a model file with metadata: JSON values under ``proxyless.*`` names."""
    texts = {f"{PREFIX}{name}": json.dumps(value) for name, value in metadata.items()}
    return add_metadata(content, suffix, texts)


def _numbers(tensor: TensorDescription) -> Numbers:
    return Numbers(tensor.dtype, tensor.scale, tensor.zero)


def _is_number(kind: str) -> bool:
    try:
        return np.dtype(kind).kind in "iuf"
    except TypeError:
        return False


def _output(outputs: Sequence[TensorDescription]) -> tuple[int, bool]:
    """Return which output tells classes, and whether by their numbers instead of logits.

    Logits are (batch, classes), or (batch, classes, 1, 1); the first such output is taken, as
    further ones serve training. Numbers of classes are integers (batch,) or (batch, 1).
    """
    for place, tensor in enumerate(outputs):
        shape = tensor.shape
        wide = len(shape) >= 2 and shape[1] != 1 and all(size == 1 for size in shape[2:])
        if wide and _is_number(tensor.dtype):
            return place, False
    for place, tensor in enumerate(outputs):
        narrow = len(tensor.shape) >= 1 and all(size == 1 for size in tensor.shape[1:])
        if narrow and _is_number(tensor.dtype) and _numbers(tensor).integers:
            return place, True
    shapes = ", ".join(str(tensor.shape) for tensor in outputs) or "none"
    raise InputError(f"its outputs of shape {shapes} tell no classes")
