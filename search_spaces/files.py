"""Files and folders that are written atomically, and digests of their contents.

Nothing is written through a symbolic link that lies where a file is to be: somebody else's folder
could name any file of ours by one.
"""

import errno
import hashlib
import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from .errors import InputError

PARTIAL = ".partial"
"""Suffix of a file or folder while it is being written: ``.NAME.RANDOM.partial``."""
ABANDONED_SECONDS = 600
"""A partial file that was last written to this long ago belongs to a process that was killed."""
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_UNHINDERED = _NO_LINK | getattr(os, "O_NONBLOCK", 0)
"""Opening a pipe that nobody reads would not return."""


def make_folder(folder: Path) -> None:
    """Make a folder, and its parents, unless they exist.

    Raises:
        InputError: a file of that name exists, or the parent is not writable.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        places = (folder, *folder.parents)
        causes = [f"{place} is a file" for place in places if place.is_file()]
        causes += [
            f"{place} is a symbolic link that leads nowhere: remove it, or make what it names"
            for place in places
            if place.is_symlink() and not place.exists()
        ]
        cause = next(iter(causes), error.strerror)
        raise InputError(f"folder {folder} cannot be made: {cause}") from None


@contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that is replaced as a whole when the block ends, or left unchanged.

    The content is written under a random name in the same folder, flushed to the disk, and renamed.
    A symbolic link at ``path`` is replaced itself, not what it names. The folder is made if
    necessary.

    Raises:
        InputError: the file cannot be written, such as on a disk that is full, or it is a device, a
            pipe or a folder.
    """
    _check_replaceable(path)
    make_folder(path.parent)
    with _told(path):
        remove_abandoned(path.parent, path.name)
        temporary = _temporary(path)
        try:
            with open(os.open(temporary, _NEW | _NO_LINK, 0o666), "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file atomically; its folder is made if necessary. Errors as `atomic_file`."""
    with atomic_file(path) as file:
        file.write(content)


def append(path: Path, content: bytes) -> None:
    """Append to a file, which is made if necessary; its folder must exist.

    Raises:
        InputError: it is a symbolic link, or cannot be written.
    """
    with _told(path):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | _UNHINDERED, 0o666)
        with open(descriptor, "ab") as file:
            file.write(content)


def truncate(path: Path, length: int) -> None:
    """Cut a file to its first ``length`` bytes. Errors as :func:`append`."""
    with _told(path), open(os.open(path, os.O_WRONLY | _NO_LINK), "ab") as file:
        file.truncate(length)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Make a folder that is filled in the block and gets its name when the block ends.

    Until then its name is random; if the block raises, it is deleted.
    """
    make_folder(path.parent)
    with _told(path):
        remove_abandoned(path.parent, path.name)
        unfinished = _temporary(path)
        unfinished.mkdir()
        try:
            yield unfinished
            unfinished.rename(path)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise


def sha256(content: bytes) -> str:
    """Return the SHA-256 digest of ``content`` as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def unwritable(path: object, error: OSError) -> InputError:
    """Return the error for a file that cannot be written, with its mend."""
    if error.errno in NO_ROOM:
        return InputError(f"{path} cannot be written: the disk is full: make room, and run again")
    if error.errno == errno.ELOOP:
        return InputError(f"{path} is a symbolic link and is not written through: remove it")
    if error.errno == errno.ENAMETOOLONG:
        return InputError(f"{path} cannot be written: the name is too long: give a shorter one")
    return InputError(
        f"{path} cannot be written: {error.strerror or error}: give a place where you may write"
    )


def _check_replaceable(path: Path) -> None:
    """Refuse to replace what is no file: who may, would take a device from the whole machine."""
    with suppress(OSError):  # it does not exist, or its folder cannot be read: said when written
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise InputError(f"{path} cannot be written: it is a folder: name a file")
        if not stat.S_ISREG(mode):
            raise InputError(f"{path} cannot be written: it is a device or a pipe: name a file")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn errors of the operating system into sentences about ``path``."""
    try:
        yield
    except OSError as error:
        if error.filename not in (None, str(path)) and PARTIAL not in str(error.filename):
            raise  # of the block, about another file
        raise unwritable(path, error) from error


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}{PARTIAL}")


def remove_abandoned(folder: Path, name: str = "") -> None:
    """Remove what processes that were killed left behind in a folder, of one file or of all."""
    prefix = f".{name}." if name else "."
    oldest = time.time() - ABANDONED_SECONDS
    with suppress(OSError):
        for entry in list(folder.iterdir()):
            if not (entry.name.startswith(prefix) and entry.name.endswith(PARTIAL)):
                continue
            with suppress(OSError):
                if entry.lstat().st_mtime >= oldest:
                    continue
                if entry.is_dir() and not entry.is_symlink():
                    shutil.rmtree(entry)
                else:
                    entry.unlink()
