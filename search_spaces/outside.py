"""The door for files and texts from outside: read with bounds, and turned into plain data.

Whoever reads a file that somebody else may have written begins here. What comes out is finite and
bounded: a validated model of the file (:func:`search_spaces.schema.parse`) is what takes it on.
"""

import json
import math
import os
import stat
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from .errors import InputError, reason

MEBIBYTE = 2**20
TEXT_LIMIT = 64 * MEBIBYTE
"""Bytes of the largest text file that is read: tables of millions of rows are smaller."""
MODEL_LIMIT = 2048 * MEBIBYTE
"""Bytes of the largest model file that is read: more than protobuf and flatbuffers can hold."""
PIECE = 16 * MEBIBYTE
"""Bytes that are read at once."""
DEEPEST = 64
"""Lists and objects inside each other; none of the project's files has more than ten."""
LARGEST_INTEGER = 2**63 - 1
"""The largest whole number of SQLite, of PyTorch and of ONNX."""


def open_regular(path: Path, noun: str) -> BinaryIO:
    """Open a regular file for reading; ``noun`` is what it is in messages, such as "model".

    Raises:
        InputError: it does not exist, is no regular file (a pipe would be waited for), or cannot be
            read.
    """
    try:
        # Without O_NONBLOCK, opening a pipe that nobody writes to would not return.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except (OSError, ValueError) as error:  # a ValueError is a name with a zero byte
        raise _unreadable(path, noun, error) from None
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        kind = "a folder: name a file" if stat.S_ISDIR(mode) else "no regular file: name another"
        raise InputError(f"{noun} {path} is {kind}")
    return os.fdopen(descriptor, "rb")


def read_bytes(path: Path, noun: str, limit: int = MODEL_LIMIT) -> bytes:
    """Read a regular file; errors as :func:`open_regular`, and if it has more than ``limit`` bytes.

    ``noun`` is what it is in messages, such as "model".
    """
    content = bytearray()
    with open_regular(path, noun) as file:
        try:
            # In pieces: as many bytes as are asked for are allocated at once.
            while len(content) <= limit and (piece := file.read(PIECE)):
                content += piece
        except OSError as error:
            raise _unreadable(path, noun, error) from None
    if len(content) > limit:
        raise InputError(
            f"{noun} {path} is larger than the {limit // MEBIBYTE} MiB that are read: "
            "name another file"
        )
    return bytes(content)


def _unreadable(path: Path, noun: str, error: Exception) -> InputError:
    if isinstance(error, FileNotFoundError):
        return InputError(f"{noun} {path} does not exist")
    cause = error.strerror if isinstance(error, OSError) else None
    return InputError(f"{noun} {path} cannot be read: {cause or reason(error)}")


def read_text(path: Path, noun: str, limit: int = TEXT_LIMIT) -> str:
    """Read a regular file of UTF-8 text; a byte order mark is left out. Errors as `read_bytes`."""
    content = read_bytes(path, noun, limit)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{noun} {path} is not UTF-8 text: byte {error.start + 1} is wrong"
        ) from None


def parse_json(text: str | bytes, subject: str, infinite: bool = False) -> Any:
    """Turn JSON text into plain data.

    ``subject`` begins an error's sentence; ``infinite`` allows NaN and infinities, which figures of
    a training that went wrong may hold.

    Raises:
        InputError: it is no JSON, a key stands twice in an object, or its values are refused by
            :func:`check_plain`.
    """
    try:
        value = json.loads(
            text,
            parse_constant=None if infinite else _refuse_constant,
            object_pairs_hook=_object,
        )
    except (ValueError, RecursionError) as error:  # of JSON, of encoding, of 5,000 digits
        raise InputError(f"{subject} is not valid JSON: {_cause(error)}") from None
    check_plain(value, subject, infinite)
    return value


def parse_toml(text: str, subject: str) -> dict[str, Any]:
    """Turn TOML text into plain data; errors as :func:`parse_json`."""
    try:
        value = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{subject} is not valid TOML: {_cause(error)}") from None
    check_plain(value, subject)
    return value


def check_plain(value: object, subject: str, infinite: bool = False) -> None:
    """Check plain data of any format: shallow, with finite numbers and text that can be encoded.

    Raises:
        InputError: lists and objects are more than :data:`DEEPEST` deep, a whole number does not
            fit into 64 bits, a number is not finite (unless ``infinite``), or a text holds half of
            a surrogate pair.
    """
    level: list[object] = [value]
    for _ in range(DEEPEST + 1):
        below: list[object] = []
        for item in level:
            _check_scalar(item, subject, infinite)
            if isinstance(item, Mapping):
                below += item.keys()
                below += item.values()
            elif isinstance(item, Sequence) and not isinstance(item, (str, bytes)):
                below += item
        if not below:
            return
        level = below
    raise InputError(f"{subject} is refused: its lists are more than {DEEPEST} deep")


def _check_scalar(item: object, subject: str, infinite: bool) -> None:
    if isinstance(item, int):
        if abs(item) > LARGEST_INTEGER:
            raise InputError(f"{subject} is refused: it holds a whole number beyond 64 bits")
    elif isinstance(item, float):
        if not (infinite or math.isfinite(item)):
            raise InputError(f"{subject} is refused: it holds a number that is not finite")
    elif isinstance(item, str):
        try:
            item.encode()
        except UnicodeEncodeError:
            raise InputError(
                f"{subject} is refused: it holds a text that cannot be encoded"
            ) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise ValueError(f"{name[:80]!r} stands twice in an object")
        members[name] = value
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _cause(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return f"its lists are more than {DEEPEST} deep"
    if "set_int_max_str_digits" in str(error):
        return "it holds a whole number beyond 64 bits"
    return reason(error)
