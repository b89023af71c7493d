"""Checkpoints: written atomically, and read without executing code from them."""

import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor

from search_spaces import InputError
from search_spaces.errors import reason
from search_spaces.files import atomic_file
from search_spaces.outside import DEEPEST, open_regular

State = dict[str, Any]
"""The state of an object: numbers, texts and tensors by name; also lists and dictionaries."""
CHECKPOINT_VERSION = 4
"""Since version 4 a checkpoint holds its origin, and the length and digest of its log."""
OLDEST_VERSION = 3
REMEDY = "delete it to start this phase over"
ODD_CONTENT = "it holds something else than numbers, texts and tensors"
MOST_PARTS = 10_000_000
"""Numbers, texts, tensors, lists and dictionaries of the largest checkpoint that is read."""


def save_checkpoint(state: State, path: Path) -> None:
    """Replace a checkpoint atomically.

    Raises:
        InputError: it cannot be written, such as on a disk that is full; the former one is whole.
    """
    with atomic_file(path) as file:
        try:
            torch.save({**state, "version": CHECKPOINT_VERSION}, file)
        except RuntimeError as error:
            if isinstance(error.__context__, OSError):  # which PyTorch fails to clean up after
                raise error.__context__ from None
            raise


def load_checkpoint(path: Path) -> State:
    """Read a checkpoint; no code in it is executed.

    Raises:
        InputError: it is damaged, of another version, or holds anything but plain data.
    """
    with open_regular(path, "checkpoint") as file:
        _check_archive(file, path)
        state = _unpickled(file, path)
    version = state.get("version")
    if type(version) is not int or not OLDEST_VERSION <= version <= CHECKPOINT_VERSION:
        raise InputError(
            f"checkpoint {path} has version {version}; "
            f"this release reads {OLDEST_VERSION} and {CHECKPOINT_VERSION}: {REMEDY}"
        )
    _check_plain(state, path)
    return state


def damaged(path: Path, why: str) -> InputError:
    """Return the error for a checkpoint that cannot be used."""
    return InputError(f"checkpoint {path} is damaged ({why}): {REMEDY}")


def checked_number(value: object) -> float:
    """Return a number of a state.

    Raises:
        TypeError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{value!r} stands for a number")
    return value


@contextmanager
def misfits_refused(path: Path) -> Iterator[None]:
    """Turn what goes wrong while a checkpoint's state is loaded into a sentence.

    Its parts are whatever somebody wrote into the file, and a method of an installed package reads
    some of them.
    """
    try:
        yield
    except InputError:
        raise
    except (
        ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError,
        ValueError,
    ) as error:  # fmt: skip
        raise damaged(path, f"its state does not fit: {reason(error)}") from error


def _check_archive(file: BinaryIO, path: Path) -> None:
    """Check sizes and checksums of the zip before anything is unpacked.

    PyTorch stores parts uncompressed, so that together they are never larger than the file: what
    says otherwise would unpack to more than it is.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
                raise damaged(path, "it is compressed, which PyTorch's are not")
            if sum(entry.file_size for entry in entries) > os.fstat(file.fileno()).st_size:
                raise damaged(path, "it unpacks to more than it is")
            if (broken := archive.testzip()) is not None:
                raise damaged(path, broken)
    except InputError:
        raise
    except Exception as error:  # whatever Python's reader meets in a stranger's bytes
        raise damaged(path, reason(error)) from None
    file.seek(0)


def _unpickled(file: BinaryIO, path: Path) -> State:
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever PyTorch's reader meets in a stranger's bytes
        # PyTorch's own sentences on what it refuses say how to load it anyway, unsafely.
        why = ODD_CONTENT if "weights_only" in str(error) else reason(error)
        raise damaged(path, why) from None
    if not isinstance(state, dict):
        raise damaged(path, ODD_CONTENT)
    return state


def _check_plain(state: object, path: Path) -> None:
    """Check that a state is numbers, texts and tensors that are no larger than their data."""
    level: list[object] = [state]
    parts = 0
    for _ in range(DEEPEST):
        below: list[object] = []
        for item in level:
            parts += 1
            if isinstance(item, (Mapping, list, tuple)):
                below += [*item, *item.values()] if isinstance(item, Mapping) else item
                if parts + len(below) > MOST_PARTS:  # a list may hold another many times
                    raise damaged(path, "it has too many parts")
            elif isinstance(item, Tensor):
                _check_tensor(item, path)
            elif not isinstance(item, (str, bool, int, float, type(None))):
                raise damaged(path, ODD_CONTENT)
        if not below:
            return
        level = below
    raise damaged(path, f"its lists are more than {DEEPEST} deep")


def _check_tensor(tensor: Tensor, path: Path) -> None:
    plain = tensor.layout is torch.strided and tensor.device.type == "cpu"
    if not plain or tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
        raise damaged(path, "a tensor in it is larger than its data")
