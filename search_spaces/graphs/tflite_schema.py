"""TFLite files as flatbuffers: the classes of the schema, and the serialisation of a model."""

from types import ModuleType
from typing import Any

from ..optional import optional

FEATURE, EXTRA = "TFLite", "tflite"
IDENTIFIER = b"TFL3"


def tflite_schema() -> ModuleType:
    """Return the module with the classes of TFLite's schema.

    Raises:
        InputError: a package for TFLite files is not installed; the sentence names the extra.
    """
    optional("flatbuffers", FEATURE, EXTRA)
    return optional("ai_edge_litert.schema_py_generated", FEATURE, EXTRA)


def packed(model: Any, size: int = 1 << 20) -> bytes:
    """Serialise a model of :func:`tflite_schema`; ``size`` is the expected number of bytes."""
    builder = optional("flatbuffers", FEATURE, EXTRA).Builder(size)
    builder.Finish(model.Pack(builder), IDENTIFIER)
    return bytes(builder.Output())
