"""Checkpoints: written atomically, and read without executing code from them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from search_spaces import InputError
from search_spaces.errors import reason
from search_spaces.files import atomic_file
from search_spaces.outside import open_regular

from ..distributed.plain_state import load_plain_state
from ..distributed.state import State as State

CHECKPOINT_VERSION = 4
"""Since version 4 a checkpoint holds its origin, and the length and digest of its log."""
OLDEST_VERSION = 3
REMEDY = "delete it to start this phase over"


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
        try:
            state = load_plain_state(file)
        except ValueError as error:
            raise damaged(path, str(error)) from None
        except MemoryError:
            raise InputError(
                f"checkpoint {path} asks for more memory than there is now: close other programs, "
                f"and give the command again; if it is larger than any of this machine, {REMEDY}"
            ) from None
    version = state.get("version")
    if type(version) is not int or not OLDEST_VERSION <= version <= CHECKPOINT_VERSION:
        raise InputError(
            f"checkpoint {path} has version {version}; "
            f"this release reads {OLDEST_VERSION} and {CHECKPOINT_VERSION}: {REMEDY}"
        )
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
