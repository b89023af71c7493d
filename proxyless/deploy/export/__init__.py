"""The trained network as ONNX and TFLite files, float32 and int8, verified before they are left."""

from .exporting import Export, export
from .formats import FORMATS, Format, get_format, lower

__all__ = ["FORMATS", "Export", "Format", "export", "get_format", "lower"]
