"""The SQLite file of a latency table: opening, creating and recognising it.

A stranger's file is opened like one of ours: what it is made of is compared with ``schema.sql``, so
none of its views and triggers is ever run, and its rows with :mod:`latency.tables.columns`.
"""

import os
import re
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal

from search_spaces.errors import InputError, reason
from search_spaces.files import make_folder
from search_spaces.nearest import did_you_mean_path
from search_spaces.outside import open_regular
from search_spaces.plain_text import quoted

from .database_errors import UnreadableTableError, damaged, unusable

HEADER = b"SQLite format 3\0"
WRITE_AHEAD = b"\x02\x02"
"""Bytes 18 and 19 of a file whose journal is a write-ahead log."""
SCHEMA_VERSION = 3
TABLES = "tables"
"""The default folder of tables."""
APPLICATION_ID = 0x50524F58  # "PROX", in the header of every latency table
LARGEST_FILE = 256 * 2**20
"""Bytes of the largest table that is opened: two million measurements, of some ten thousand that a
space takes on a device."""
PATIENCE_SECONDS = 60
"""How long another program's writing is waited for."""
OPTIONAL = ("unfinished",)
"""Tables of the schema that files of earlier releases do not have."""

Access = Literal["read", "write", "create", "shrink"]
"""To look into a table; to write where that is possible; to write, into a new file if need be; to
take out of a table of any size."""


def open_file(path: Path, access: Access) -> sqlite3.Connection:
    """Open a table's file; errors as for :meth:`latency.Table.open`."""
    exists = check_file(path, access)
    if not exists:
        make_folder(path.parent)
    try:
        connection = _connect(path, access)
    except sqlite3.Error as error:
        raise unusable(path, error) from None
    try:
        _prepare(connection, path, access)
    except sqlite3.OperationalError as error:
        connection.close()
        raise unusable(path, error) from None
    except sqlite3.DatabaseError as error:
        connection.close()
        with open_regular(path, "latency table") as file:
            begins = file.read(len(HEADER))
        if begins != HEADER:
            raise InputError(f"{path} is no latency table: name another file") from None
        raise damaged(path, error) from None
    except BaseException:
        connection.close()
        raise
    return connection


def size_of(connection: sqlite3.Connection) -> int:
    """Return the bytes of a table's file once everything is written into it."""
    return int(
        connection.execute(
            "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        ).fetchone()[0]
    )


def check_growth(connection: sqlite3.Connection, path: Path, before: int) -> None:
    """Refuse what made a table larger than those that are opened; it had ``before`` bytes.

    Raises:
        InputError: it did.
    """
    if size_of(connection) > max(before, LARGEST_FILE):
        raise InputError(
            f"table {path} would be larger than the {LARGEST_FILE // 2**20} MiB that are read: "
            "use several tables"
        )


def compact(connection: sqlite3.Connection) -> None:
    """Give back the room of what was removed from a table that is too large to be opened."""
    if size_of(connection) > LARGEST_FILE:
        connection.execute("VACUUM")


@contextmanager
def removed_on_failure(path: Path) -> Iterator[None]:
    """Leave no new file behind where what was to fill it is refused."""
    existed = path.exists()
    try:
        yield
    except BaseException:
        if not existed:
            for suffix in ("", "-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
        raise


def check_file(path: Path, access: Access) -> bool:
    """Return whether there is a file of a table; refuse what cannot be one."""
    try:
        status = path.stat()
    except FileNotFoundError:
        if access == "create":
            return False
        near = did_you_mean_path(path, lambda file: file.suffix == ".db", folder=TABLES)
        raise InputError(
            f"table {path} does not exist{near}: measure one with "
            f"`proxyless profile --space SPACE --table {quoted(path)}`"
        ) from None
    except (OSError, ValueError) as error:  # a ValueError is a name with a zero byte
        said = error.strerror if isinstance(error, OSError) else reason(error)
        raise InputError(f"table {path!s:.200} cannot be opened: {said}") from None
    if stat.S_ISDIR(status.st_mode):
        raise InputError(f"table {path} is a folder: name a file")
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"table {path} is no regular file: name another")
    if status.st_size > LARGEST_FILE and access != "shrink":
        raise InputError(
            f"table {path} is larger than the {LARGEST_FILE // 2**20} MiB that are read: take "
            f"profiles out of it with `proxyless tables remove {quoted(path)}`"
        )
    if not os.access(path, os.R_OK):
        raise InputError(f"table {path} cannot be read: you have no permission to")
    for suffix in ("-wal", "-shm", "-journal"):
        beside = path.with_name(path.name + suffix)
        if beside.is_symlink():
            raise InputError(
                f"table {path} cannot be opened: {beside} is a symbolic link, which is not "
                "followed: remove it"
            )
    if access in ("create", "shrink") and not _writable(path):
        raise InputError(
            f"table {path} cannot be written: you may only read it or its folder: name another"
        )
    return True


def _connect(path: Path, access: Access) -> sqlite3.Connection:
    """Connect to a file, so that reading it neither makes nor changes files.

    SQLite keeps two files beside a table with a write-ahead log while it is open, and removes them
    in the end. Where it may not write, there are none, and the file stands still.
    """
    if access == "create":
        options = "mode=rwc"
    elif _writable(path):
        options = "mode=rw"
    else:
        options = "mode=ro" if not _has_write_ahead_log(path) else _read_only(path)
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{options}",
        timeout=PATIENCE_SECONDS,
        isolation_level=None,
        uri=True,
    )
    if access == "read":
        connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def _writable(path: Path) -> bool:
    return os.access(path, os.W_OK) and os.access(path.absolute().parent, os.W_OK)


def _has_write_ahead_log(path: Path) -> bool:
    with open_regular(path, "latency table") as file:
        return file.read(20)[18:] == WRITE_AHEAD


def _read_only(path: Path) -> str:
    """Return the options for a file with a write-ahead log that may only be read.

    Raises:
        InputError: measurements lie in a log that cannot be read without writing.
    """
    log, index = (path.with_name(path.name + suffix) for suffix in ("-wal", "-shm"))
    try:
        pending = log.stat().st_size > 0
    except OSError:
        pending = False
    if not pending:
        return "mode=ro&immutable=1"
    if not (os.access(log, os.R_OK) and os.access(index, os.R_OK)):
        raise InputError(
            f"table {path} has measurements in {log.name} that cannot be read without writing: "
            "copy both files into a folder of yours, and use that table"
        )
    return "mode=ro"


def _prepare(connection: sqlite3.Connection, path: Path, access: Access) -> None:
    """Validate a table, or initialise an empty file; files of other programs are not changed."""
    if _is_empty(connection):
        if access != "create":
            raise InputError(
                f"table {path} is empty: fill it with `proxyless profile --table {quoted(path)}`"
            )
        _initialise(connection)
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID:
        raise InputError(f"{path} is a SQLite file, but not a latency table")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version != SCHEMA_VERSION:
        raise InputError(
            f"table {path} has schema version {version}; this release reads "
            f"{SCHEMA_VERSION}: profile into another file, or use the release that made this one"
        )
    _check_schema(connection, path)
    (problem,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if problem != "ok":
        raise sqlite3.DatabaseError(problem.splitlines()[-1])
    connection.execute("PRAGMA synchronous = NORMAL")


def _initialise(connection: sqlite3.Connection) -> None:
    """Make an empty file a table, unless another process does."""
    with suppress(sqlite3.OperationalError):  # another process is setting it
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    if _is_empty(connection):
        for statement in schema().values():
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("COMMIT")


def _check_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a file that is made of anything but our tables and our view."""
    found: dict[str, str | None] = dict(connection.execute("SELECT name, sql FROM sqlite_schema"))
    ours = schema()
    for name, statement in found.items():
        if statement is None and name.startswith("sqlite_autoindex_"):
            continue
        if name not in ours or _normalised(str(statement)) != _normalised(ours[name]):
            raise _unlike(path, f"{name!s:.80} in it is not what a latency table has")
    for name in ours:
        if name not in found and name not in OPTIONAL:
            raise _unlike(path, f"{name} is missing in it")


def _unlike(path: Path, problem: str) -> UnreadableTableError:
    return UnreadableTableError(
        f"table {path} is not made as latency tables are ({problem}): use another copy, or save "
        f"its measurements with `proxyless tables repair {quoted(path)}`"
    )


def _is_empty(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT name FROM sqlite_schema").fetchone() is None


@cache
def schema() -> dict[str, str]:
    """Return the statements that make a table, by the name of what they make."""
    text = (files("latency.tables") / "schema.sql").read_text()
    statements = [statement.strip() for statement in text.split(";") if statement.strip()]
    return {statement.split()[2]: statement for statement in statements}


def _normalised(statement: str) -> str:
    return re.sub(r"\s+", " ", statement).strip()
