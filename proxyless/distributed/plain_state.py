"""Reading a state that somebody else wrote, without executing anything, or unfolding it."""

import zipfile
from collections.abc import Mapping
from typing import BinaryIO

import torch
from torch import Tensor

from .errors import first_line
from .state import State

ODD_CONTENT = "it holds something else than numbers, texts and tensors"
MOST_PARTS = 10_000_000
"""Numbers, texts, tensors, lists and dictionaries of the largest state that is read."""
NO_MEMORY = "can't allocate memory"
"""What PyTorch says, in a RuntimeError, where the system gives it none."""
DEEPEST = 64
"""Lists and dictionaries inside each other; none of the project's states has more than ten."""


def load_plain_state(file: BinaryIO) -> State:
    """Return what ``torch.save`` wrote of a state, on the CPU; nothing in it is executed.

    Raises:
        ValueError: it is none, is damaged, would unpack to more than it is, or holds anything but
            numbers, texts and tensors; the message says which.
        MemoryError: this machine has no memory for it.
    """
    _check_archive(file)
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except MemoryError:  # it may be whole
        raise
    except Exception as error:  # whatever PyTorch's reader meets in a stranger's bytes
        # PyTorch's own sentences on what it refuses say how to load it anyway, unsafely.
        if NO_MEMORY in str(error):
            raise MemoryError(first_line(error)) from None
        why = ODD_CONTENT if "weights_only" in str(error) else first_line(error)
        raise ValueError(why) from None
    if not isinstance(state, dict):
        raise ValueError(ODD_CONTENT)
    _check_plain(state)
    return state


def _check_archive(file: BinaryIO) -> None:
    """Check sizes and checksums of the zip before anything is unpacked.

    PyTorch stores parts uncompressed, so that together they are never larger than the file: what
    says otherwise would unpack to more than it is.
    """
    size = file.seek(0, 2)
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            compressed = any(entry.compress_type != zipfile.ZIP_STORED for entry in entries)
            unpacked = sum(entry.file_size for entry in entries)
            broken = None if compressed or unpacked > size else archive.testzip()
    except MemoryError:
        raise
    except Exception as error:  # whatever Python's reader meets in a stranger's bytes
        raise ValueError(first_line(error)) from None
    if compressed:
        raise ValueError("it is compressed, which PyTorch's are not")
    if unpacked > size:
        raise ValueError("it unpacks to more than it is")
    if broken is not None:
        raise ValueError(broken)
    file.seek(0)


def _check_plain(state: State) -> None:
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
                    raise ValueError("it has too many parts")
            elif isinstance(item, Tensor):
                _check_tensor(item)
            elif not isinstance(item, (str, bool, int, float, type(None))):
                raise ValueError(ODD_CONTENT)
        if not below:
            return
        level = below
    raise ValueError(f"its lists are more than {DEEPEST} deep")


def _check_tensor(tensor: Tensor) -> None:
    plain = tensor.layout is torch.strided and tensor.device.type == "cpu"
    if not plain or tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
        raise ValueError("a tensor in it is larger than its data")
