"""Model files as self-contained bytes."""

from pathlib import Path

import onnx
from google.protobuf.message import DecodeError
from onnx.external_data_helper import _get_all_tensors, uses_external_data

from ..errors import InputError, reason


def read_model(path: Path) -> bytes:
    """Return the bytes of an ONNX or TFLite file, with ONNX's external data included.

    Raises:
        InputError: the file, or its external data, cannot be read.
    """
    try:
        content = path.read_bytes()
        if path.suffix != ".onnx":
            return content
        model = onnx.load_from_string(content)
        if any(uses_external_data(tensor) for tensor in _get_all_tensors(model)):
            return onnx.load(path).SerializeToString()
    except OSError as error:
        raise InputError(f"model {path} cannot be read: {error.strerror or error}") from None
    except DecodeError:
        pass  # the runtime that opens the file reports what is wrong with it
    except (ValueError, onnx.checker.ValidationError) as error:
        raise InputError(f"model {path} lacks its external data: {reason(error)}") from None
    return content
