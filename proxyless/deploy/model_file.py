"""A model file, opened: images in, logits out, whatever its layout, numbers and batch."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from latency.timing.engines import ONNX_TYPES, open_interpreter, open_session
from search_spaces import InputError
from search_spaces.errors import reason
from search_spaces.graphs.files import read_model
from search_spaces.graphs.metadata import add_metadata, read_texts

from .model_facts import ModelFacts

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
    def plain_integers(self) -> bool:
        """Whether they are integers that stand for themselves: pixels."""
        return self.scale is None and np.issubdtype(np.dtype(self.dtype), np.integer)


@dataclass(frozen=True)
class ModelFile:
    """An ONNX (``.onnx``) or TFLite (``.tflite``) model of one input and one output, on this CPU.

    Calling it takes float32 images (N, C, H, W) and returns float32 logits (N, classes). Images are
    what the network was trained on: normalised, or pixels of 0 to 255 where the file normalises
    them itself. ``batch`` is None where the file leaves it open; ``shape`` is (C, H, W);
    ``numbers`` are its input's. ``facts`` is what a file of ours says of itself, None for anybody
    else's; ``metadata`` the same as plain data. ``encode`` and ``decode`` convert between these
    and what the file itself takes and gives in ``run``.
    """

    suffix: str
    metadata: dict[str, Any]
    facts: ModelFacts | None
    batch: int | None
    shape: tuple[int, int, int]
    numbers: Numbers
    encode: Callable[[Array], Array]
    run: Callable[[Array], Array]
    decode: Callable[[Array], Array]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Open a file.

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
            return cls.open(content, path.suffix)
        except InputError as error:
            raise InputError(f"model {path} is of no use: {error}") from None

    @classmethod
    def open(cls, content: bytes, suffix: str) -> Self:
        """Open the bytes of a file."""
        metadata = read_metadata(content, suffix)
        opened = _open(content, suffix)
        if len(opened.shape) != 4 or None in opened.shape[1:]:
            raise InputError(f"its input of shape {opened.shape} is no batch of images of one size")
        batch, *rest = opened.shape
        sides = tuple(int(size or 0) for size in rest)
        channels_last = sides[2] in PLANES and (suffix == ".tflite" or sides[0] not in PLANES)
        shape = (sides[2], *sides[:2]) if channels_last else sides

        def encode(images: Array) -> Array:
            ordered = images.transpose(0, 2, 3, 1) if channels_last else images
            return np.ascontiguousarray(opened.encode(ordered))

        return cls(
            suffix,
            metadata,
            ModelFacts.of_metadata(metadata),
            batch,
            shape,  # type: ignore[arg-type]
            opened.numbers,
            encode,
            opened.run,
            opened.decode,
        )

    def __call__(self, images: Array) -> Array:
        """Return logits, running as many batches as it takes."""
        size = self.batch or len(images)
        parts = []
        for start in range(0, len(images), size):
            batch = images[start : start + size]
            padding = [(0, size - len(batch))] + [(0, 0)] * 3
            logits = self.decode(self.run(self.encode(np.pad(batch, padding))))
            parts.append(logits[: len(batch)])
        return np.concatenate(parts)


def read_metadata(content: bytes, suffix: str) -> dict[str, Any]:
    """Return the metadata that exporting wrote into a file; empty for other people's files."""
    metadata = {}
    for name, text in read_texts(content, suffix).items():
        if name.startswith(PREFIX):
            try:
                metadata[name.removeprefix(PREFIX)] = json.loads(text)
            except json.JSONDecodeError:
                raise InputError(f"its metadata {name} is no JSON: {text[:40]!r}") from None
    return metadata


def write_metadata(content: bytes, suffix: str, metadata: Mapping[str, object]) -> bytes:
    """Return a model file with metadata: JSON values under ``proxyless.*`` names."""
    texts = {f"{PREFIX}{name}": json.dumps(value) for name, value in metadata.items()}
    return add_metadata(content, suffix, texts)


@dataclass(frozen=True)
class _Opened:
    shape: tuple[int | None, ...]
    numbers: Numbers
    encode: Callable[[Array], Array]
    run: Callable[[Array], Array]
    decode: Callable[[Array], Array]


def _open(content: bytes, suffix: str) -> _Opened:
    try:
        return _onnx(content) if suffix == ".onnx" else _tflite(content)
    except InputError:
        raise
    except (RuntimeError, ValueError) as error:
        raise InputError(f"it cannot be opened: {reason(error)}") from None


def _onnx(content: bytes) -> _Opened:
    session = open_session(content)
    inputs = session.get_inputs()
    if len(inputs) != 1 or inputs[0].type not in ONNX_TYPES:
        kinds = ", ".join(tensor.type for tensor in inputs) or "none"
        raise InputError(f"its inputs are {kinds}: not one of images")
    (tensor,) = inputs
    numbers = Numbers(ONNX_TYPES[tensor.type])
    return _Opened(
        tuple(size if isinstance(size, int) else None for size in tensor.shape),
        numbers,
        lambda images: _cast(images, numbers),
        lambda images: session.run(None, {tensor.name: images})[0],
        lambda logits: np.asarray(logits, np.float32),
    )


def _tflite(content: bytes) -> _Opened:
    interpreter = open_interpreter(content)
    inputs, output = interpreter.get_input_details(), interpreter.get_output_details()[0]
    if len(inputs) != 1:
        raise InputError(f"it takes {len(inputs)} inputs, not one of images")
    (tensor,) = inputs
    scale, zero = tensor["quantization"]
    kind = np.dtype(tensor["dtype"]).name
    numbers = Numbers(kind) if scale == 0 else Numbers(kind, float(scale), int(zero))

    def run(images: Array) -> Array:
        interpreter.set_tensor(tensor["index"], images)
        interpreter.invoke()
        logits: Array = interpreter.get_tensor(output["index"])
        return logits

    return _Opened(
        tuple(int(size) for size in tensor["shape"]),
        numbers,
        lambda images: _cast(images, numbers),
        run,
        lambda logits: _dequantise(logits, output["quantization"]),
    )


def _cast(values: Array, numbers: Numbers) -> Array:
    kind = np.dtype(numbers.dtype)
    if not np.issubdtype(kind, np.integer):
        return values.astype(kind)
    limits = np.iinfo(kind)
    scale, zero = (1.0, 0) if numbers.scale is None else (numbers.scale, numbers.zero_point or 0)
    return np.clip(np.round(values / scale) + zero, limits.min, limits.max).astype(kind)


def _dequantise(values: Array, quantisation: tuple[float, int]) -> Array:
    scale, zero = quantisation
    floats = values.astype(np.float32)
    return floats if scale == 0 else (floats - zero) * np.float32(scale)
