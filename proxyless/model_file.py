"""A model file, opened: images in, logits out, whatever its layout, numbers and batch."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from latency.engines import open_interpreter, open_session
from search_spaces import InputError
from search_spaces.graphs.metadata import add_metadata, read_texts

PREFIX = "proxyless."
"""Before the name of everything that a file of ours says of itself."""
PLANES = (1, 3)
"""Channels that an image has: what tells its layout."""

_NUMBERS = {"tensor(float)": np.float32, "tensor(uint8)": np.uint8}

Array = NDArray[Any]


@dataclass(frozen=True)
class ModelFile:
    """An ONNX (``.onnx``) or TFLite (``.tflite``) model of one input and one output, on this CPU.

    Calling it takes float32 images (N, C, H, W) and returns float32 logits (N, classes). Images are
    what the network was trained on: normalised, or pixels of 0 to 255 where the file normalises
    them itself. ``batch`` is None where the file leaves it open; ``shape`` is (C, H, W). ``encode``
    and ``decode`` convert between these and what the file itself takes and gives in ``run``.
    """

    suffix: str
    metadata: dict[str, Any]
    batch: int | None
    shape: tuple[int, int, int]
    encode: Callable[[Array], Array]
    run: Callable[[Array], Array]
    decode: Callable[[Array], Array]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Open a file.

        Raises:
            InputError: it is missing, damaged, or takes anything but images.
        """
        try:
            content = path.read_bytes()
        except OSError as error:
            raise InputError(f"model {path} cannot be read: {error.strerror}") from None
        try:
            return cls.open(content, path.suffix)
        except InputError as error:
            raise InputError(f"model {path} is of no use: {error}") from None

    @classmethod
    def open(cls, content: bytes, suffix: str) -> Self:
        """Open the bytes of a file."""
        metadata = read_metadata(content, suffix)
        try:
            opened = _onnx(content) if suffix == ".onnx" else _tflite(content)
        except (RuntimeError, ValueError) as error:
            raise InputError(f"it cannot be opened: {str(error).splitlines()[0]}") from None
        batch, *rest = opened.shape
        if len(rest) != 3 or None in rest:
            raise InputError(f"its input of shape {opened.shape} is no batch of images of one size")
        sides = tuple(int(size or 0) for size in rest)
        last = sides[2] in PLANES and (suffix == ".tflite" or sides[0] not in PLANES)
        shape = (sides[2], *sides[:2]) if last else sides

        def encode(images: Array) -> Array:
            given = images.transpose(0, 2, 3, 1) if last else images
            return np.ascontiguousarray(opened.encode(given))

        return cls(suffix, metadata, batch, shape, encode, opened.run, opened.decode)  # type: ignore[arg-type]

    def __call__(self, images: Array) -> Array:
        """Return logits, running as many batches as it takes."""
        size = self.batch or len(images)
        found = []
        for start in range(0, len(images), size):
            some = images[start : start + size]
            padding = [(0, size - len(some))] + [(0, 0)] * 3
            logits = self.decode(self.run(self.encode(np.pad(some, padding))))
            found.append(logits[: len(some)])
        return np.concatenate(found)


def read_metadata(content: bytes, suffix: str) -> dict[str, Any]:
    """Return what a file of ours says of itself; empty for anybody else's."""
    return {
        name.removeprefix(PREFIX): json.loads(text)
        for name, text in read_texts(content, suffix).items()
        if name.startswith(PREFIX)
    }


def write_metadata(content: bytes, suffix: str, metadata: dict[str, Any]) -> bytes:
    """Return a model file that says this of itself: JSON values under ``proxyless.*`` names."""
    texts = {f"{PREFIX}{name}": json.dumps(value) for name, value in metadata.items()}
    return add_metadata(content, suffix, texts)


@dataclass(frozen=True)
class _Opened:
    shape: tuple[int | None, ...]
    encode: Callable[[Array], Array]
    run: Callable[[Array], Array]
    decode: Callable[[Array], Array]


def _onnx(content: bytes) -> _Opened:
    session = open_session(content)
    (given, *others) = session.get_inputs()
    if others or given.type not in _NUMBERS:
        raise InputError(f"it takes {1 + len(others)} inputs of {given.type}, not one of images")
    return _Opened(
        tuple(size if isinstance(size, int) else None for size in given.shape),
        lambda images: images.astype(_NUMBERS[given.type]),
        lambda images: session.run(None, {given.name: images})[0],
        lambda logits: np.asarray(logits, np.float32),
    )


def _tflite(content: bytes) -> _Opened:
    interpreter = open_interpreter(content)
    (given, *others), output = interpreter.get_input_details(), interpreter.get_output_details()[0]
    if others:
        raise InputError(f"it takes {1 + len(others)} inputs, not one of images")

    def run(images: Array) -> Array:
        interpreter.set_tensor(given["index"], images)
        interpreter.invoke()
        return interpreter.get_tensor(output["index"])

    return _Opened(
        tuple(int(size) for size in given["shape"]),
        lambda images: _quantise(images, given),
        run,
        lambda logits: _dequantise(logits, output),
    )


def _quantise(values: Array, tensor: dict[str, Any]) -> Array:
    scale, zero = tensor["quantization"]
    if scale == 0:
        return values.astype(tensor["dtype"])
    limits = np.iinfo(tensor["dtype"])
    return np.clip(np.round(values / scale) + zero, limits.min, limits.max).astype(tensor["dtype"])


def _dequantise(values: Array, tensor: dict[str, Any]) -> Array:
    scale, zero = tensor["quantization"]
    found = values.astype(np.float32)
    return found if scale == 0 else (found - zero) * np.float32(scale)
