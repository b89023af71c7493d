"""The flatbuffer that a TFLite file is: classes of its schema, and the bytes of a whole model."""

from typing import Any

from ..optional import optional

WHAT, EXTRA = "TFLite", "tflite"
IDENTIFIER = b"TFL3"


def tflite_schema() -> Any:
    """Return the module with the classes of TFLite's schema.

    Raises:
        InputError: TFLite files cannot be read or written here; names the extra that mends it.
    """
    optional("flatbuffers", WHAT, EXTRA)
    return optional("ai_edge_litert.schema_py_generated", WHAT, EXTRA)


def packed(model: Any, size: int = 1 << 20) -> bytes:
    """Return a model of :func:`tflite_schema` as a file's bytes; ``size`` is a guess of theirs."""
    builder = optional("flatbuffers", WHAT, EXTRA).Builder(size)
    builder.Finish(model.Pack(builder), IDENTIFIER)
    return bytes(builder.Output())
