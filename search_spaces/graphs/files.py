"""Model files as self-contained bytes."""

from pathlib import Path

import onnx
from google.protobuf.message import DecodeError, EncodeError

from ..errors import InputError, reason
from ..outside import read_bytes
from .external_data import external_tensors, load_external_data


def read_model(path: Path) -> bytes:
    """Return the bytes of an ONNX or TFLite file, with ONNX's external data included.

    Raises:
        InputError: the file, or its external data, cannot be read, or lies outside of its folder;
            or both together are more than the 2 GiB that ONNX can hold.
    """
    content = read_bytes(path, "model")
    if path.suffix != ".onnx":
        return content
    try:
        model = onnx.load_from_string(content)
    except DecodeError:
        return content  # the runtime that opens the file reports what is wrong with it
    if not external_tensors(model):
        return content
    try:
        load_external_data(model, path.parent)
        return model.SerializeToString()
    except InputError as error:
        raise InputError(f"model {path} is refused: {error}") from None
    except (ValueError, EncodeError):
        raise InputError(
            f"model {path} and its external data are more than 2 GiB, which is not read: "
            "use a smaller model"
        ) from None


def check_onnx(content: bytes, path: Path) -> None:
    """Check the bytes of an ONNX file against the standard; ``path`` names it.

    Shapes are not inferred, which would compute with a stranger's constants in this process.

    Raises:
        InputError: it does not keep to the standard.
    """
    try:
        onnx.checker.check_model(onnx.load_from_string(content))
    except (DecodeError, ValueError, RuntimeError, onnx.checker.ValidationError) as error:
        raise InputError(f"model {path} is no valid ONNX: {reason(error)}") from None
