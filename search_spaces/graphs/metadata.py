"""Texts that a model file carries about itself: ONNX properties, named TFLite buffers."""

import importlib
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError

from ..errors import InputError

DAMAGE = {
    ".onnx": (DecodeError,),
    ".tflite": (struct.error, ValueError, TypeError, AttributeError),
}
"""What reading a damaged file raises: flatbuffers follows offsets wherever they point."""


def add_metadata(content: bytes, suffix: str, texts: Mapping[str, str]) -> bytes:
    """Return a model file (``.onnx`` or ``.tflite``) that carries these texts as well."""
    if suffix == ".onnx":
        model = onnx.load_from_string(content)
        onnx.helper.set_model_props(model, read_texts(content, suffix) | dict(texts))
        return model.SerializeToString()
    return _add_buffers(content, read_texts(content, suffix) | dict(texts))


def read_texts(content: bytes, suffix: str) -> dict[str, str]:
    """Return every text that a model file carries.

    Raises:
        InputError: it is no such file.
    """
    if suffix == ".tflite":
        require_tflite()
    try:
        if suffix == ".onnx":
            model = onnx.load_from_string(content)
            return {entry.key: entry.value for entry in model.metadata_props}
        return _read_buffers(content)
    except DAMAGE[suffix] as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"this is no {suffix} file: {reason}") from None


def require_tflite() -> None:
    """Raise :class:`InputError`, naming the mend, where TFLite files cannot be read or written."""
    try:
        importlib.import_module("ai_edge_litert.schema_py_generated")
        importlib.import_module("flatbuffers")
    except ModuleNotFoundError:
        raise InputError(
            "TFLite needs the package ai-edge-litert: pip install 'proxyless[tflite]'"
        ) from None


def _add_buffers(content: bytes, texts: Mapping[str, str]) -> bytes:
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    model: Any = schema.ModelT.InitFromPackedBuf(content)
    for buffer in model.buffers:
        if buffer.offset > 1:  # a quantiser leaves its buffers behind the flatbuffer
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
    builder = flatbuffers.Builder(len(content) + (1 << 16))
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _read_buffers(content: bytes) -> dict[str, str]:
    from ai_edge_litert import schema_py_generated as schema

    if not schema.Model.ModelBufferHasIdentifier(content, 0):
        raise ValueError("it lacks the identifier TFL3")
    model = schema.Model.GetRootAs(content)
    found = {}
    for number in range(model.MetadataLength()):
        entry = model.Metadata(number)
        data = model.Buffers(entry.Buffer()).DataAsNumpy()
        if not isinstance(data, int):
            found[entry.Name().decode()] = bytes(data).decode(errors="replace")
    return found
