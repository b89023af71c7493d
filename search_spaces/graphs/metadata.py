"""Texts stored in a model file: ONNX properties, named TFLite buffers."""

import struct
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError

from ..errors import InputError, reason
from .tflite_schema import packed, tflite_schema

DAMAGE = {
    ".onnx": (DecodeError,),
    ".tflite": (struct.error, ValueError, TypeError, AttributeError),
}
"""Exceptions from reading a damaged file: flatbuffers does not validate offsets."""


def add_metadata(content: bytes, suffix: str, texts: Mapping[str, str]) -> bytes:
    """Return a model file (``.onnx`` or ``.tflite``) with these texts added or replaced."""
    if suffix == ".onnx":
        model = onnx.load_from_string(content)
        onnx.helper.set_model_props(model, read_texts(content, suffix) | dict(texts))
        return model.SerializeToString()
    return _add_buffers(content, read_texts(content, suffix) | dict(texts))


def read_texts(content: bytes, suffix: str) -> dict[str, str]:
    """Return every text stored in a model file.

    Raises:
        InputError: it is not such a file, or the packages that read TFLite are not installed.
    """
    schema = tflite_schema() if suffix == ".tflite" else None
    try:
        if schema is None:
            model = onnx.load_from_string(content)
            return {entry.key: entry.value for entry in model.metadata_props}
        return _read_buffers(schema, content)
    except DAMAGE[suffix] as error:
        raise InputError(f"this is no {suffix} file: {reason(error)}") from None


def _add_buffers(content: bytes, texts: Mapping[str, str]) -> bytes:
    schema = tflite_schema()
    model: Any = schema.ModelT.InitFromPackedBuf(content)
    for buffer in model.buffers:
        if buffer.offset > 1:  # a quantiser stores its buffers after the flatbuffer
            place = slice(buffer.offset, buffer.offset + buffer.size)
            buffer.data = np.frombuffer(content[place], np.uint8)
            buffer.offset = buffer.size = 0
    kept = [entry for entry in model.metadata or [] if entry.name.decode() not in texts]
    for name, text in texts.items():
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(text.encode(), np.uint8)
        entry = schema.MetadataT()
        entry.name, entry.buffer = name.encode(), len(model.buffers)
        model.buffers.append(buffer)
        kept.append(entry)
    model.metadata = kept
    return packed(model, len(content) + (1 << 16))


def _read_buffers(schema: ModuleType, content: bytes) -> dict[str, str]:
    if not schema.Model.ModelBufferHasIdentifier(content, 0):
        raise ValueError("it lacks the identifier TFL3")
    model = schema.Model.GetRootAs(content)
    texts = {}
    for number in range(model.MetadataLength()):
        entry = model.Metadata(number)
        data = model.Buffers(entry.Buffer()).DataAsNumpy()
        if not isinstance(data, int):
            texts[entry.Name().decode()] = bytes(data).decode(errors="replace")
    return texts
