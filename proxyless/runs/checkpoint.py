"""Checkpoints: written atomically, and read without executing code from them."""

import zipfile
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from search_spaces import InputError
from search_spaces.errors import reason
from search_spaces.files import atomic_file

State = dict[str, Any]
"""The state of an object: numbers, texts and tensors by name; also lists and dictionaries."""
CHECKPOINT_VERSION = 3
DAMAGE = (zipfile.BadZipFile, UnpicklingError, RuntimeError, ValueError, EOFError, OSError)
"""Exceptions from reading a damaged zip; a ValueError is a file name that is not valid text."""


def save_checkpoint(state: State, path: Path) -> None:
    """Replace a checkpoint atomically."""
    with atomic_file(path) as file:
        torch.save({**state, "version": CHECKPOINT_VERSION}, file)


def load_checkpoint(path: Path) -> State:
    """Read a checkpoint; no code in it is executed."""
    remedy = "delete it to start this phase over"
    try:
        with zipfile.ZipFile(path) as archive:
            if (damaged := archive.testzip()) is not None:
                raise zipfile.BadZipFile(damaged)
        state: State = torch.load(path, map_location="cpu", weights_only=True)
    except DAMAGE as error:
        raise InputError(f"checkpoint {path} is damaged ({reason(error)}): {remedy}") from None
    if state.get("version") != CHECKPOINT_VERSION:
        raise InputError(
            f"checkpoint {path} has version {state.get('version')}; "
            f"this release reads {CHECKPOINT_VERSION}: {remedy}"
        )
    return state
