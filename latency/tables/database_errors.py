"""Sentences for what SQLite says of a table's file: damaged, full, locked, without permission."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from search_spaces.errors import InputError, reason
from search_spaces.plain_text import quoted


class UnreadableTableError(InputError):
    """A table is damaged, or made of other things than ours: a repair may save what it holds."""


def unusable(path: Path, error: sqlite3.Error) -> InputError:
    """Return the error for a table that cannot be read or written, with what mends it."""
    said = reason(error)
    if "full" in said or "disk I/O" in said:
        return InputError(
            f"table {path} cannot be written ({said}): make room on the disk, and run again; what "
            "was there before is kept"
        )
    if "locked" in said or "busy" in said:
        return InputError(
            f"table {path} cannot be used now ({said}): another program holds it; run again when "
            "it has finished"
        )
    if "readonly" in said or "unable to open" in said:
        return InputError(
            f"table {path} cannot be used now ({said}): check that you may write to it and its "
            "folder, and that the disk has room"
        )
    return damaged(path, error)


def damaged(path: Path, error: sqlite3.Error) -> InputError:
    """Return the error for a table that SQLite cannot read."""
    return UnreadableTableError(
        f"table {path} is damaged or not a SQLite file ({reason(error)}): restore a copy, or save "
        f"what can be read with `proxyless tables repair {quoted(path)}`"
    )


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn errors of SQLite into sentences about a table."""
    try:
        yield
    except sqlite3.Error as error:
        raise unusable(path, error) from error
