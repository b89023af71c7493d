"""The SQLite file of a latency table: creating and validating it."""

import contextlib
import sqlite3
from importlib.resources import files
from pathlib import Path

from search_spaces.errors import InputError
from search_spaces.files import make_folder
from search_spaces.nearest import did_you_mean_path
from search_spaces.plain_text import quoted

HEADER = b"SQLite format 3\0"
SCHEMA_VERSION = 3
TABLES = "tables"
"""The default folder of tables."""
APPLICATION_ID = 0x50524F58  # "PROX", in the header of every latency table


def open_file(path: Path, create: bool) -> sqlite3.Connection:
    """Open a table's file, or create an empty one; errors as for :meth:`latency.Table.open`."""
    if path.is_dir():
        raise InputError(f"table {path} is a folder: name a file")
    if not path.exists():
        if not create:
            near = did_you_mean_path(path, lambda file: file.suffix == ".db", folder=TABLES)
            raise InputError(
                f"table {path} does not exist{near}: measure one with "
                f"`proxyless profile --space SPACE --table {quoted(path)}`"
            )
        make_folder(path.parent)
    elif not path.is_file():
        raise InputError(f"table {path} is no regular file: name another")
    connection = _connect(path)
    try:
        _prepare(connection, path)
    except sqlite3.OperationalError as error:
        connection.close()
        raise unusable(path, error) from None
    except sqlite3.DatabaseError as error:
        connection.close()
        if path.read_bytes()[: len(HEADER)] != HEADER:
            raise InputError(f"{path} is no latency table: name another file") from None
        raise InputError(
            f"table {path} is damaged or not a SQLite file ({error}): "
            "restore a copy, or delete it and profile again"
        ) from None
    except InputError:
        connection.close()
        raise
    return connection


def unusable(path: Path, error: sqlite3.OperationalError) -> InputError:
    """Return the error for a table that cannot be read or written at present."""
    return InputError(
        f"table {path} cannot be used now ({error}): check that no other program holds it, that "
        "you may write to it and its folder, and that the disk has room"
    )


def _connect(path: Path) -> sqlite3.Connection:
    try:
        return sqlite3.connect(path, timeout=60, isolation_level=None)
    except sqlite3.OperationalError as error:
        raise InputError(f"table {path} cannot be opened: {error}") from None


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Validate a table, or initialise an empty file; files of other programs are not changed."""
    if _is_empty(connection):
        connection.execute("BEGIN IMMEDIATE")
        if _is_empty(connection):
            for statement in _statements((files("latency.tables") / "schema.sql").read_text()):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID:
        raise InputError(f"{path} is a SQLite file, but not a latency table")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version != SCHEMA_VERSION:
        raise InputError(
            f"table {path} has schema version {version}; this release reads "
            f"{SCHEMA_VERSION}: profile into another file, or use the release that made this one"
        )
    (problem,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if problem != "ok":
        raise sqlite3.DatabaseError(problem.splitlines()[-1])
    with contextlib.suppress(
        sqlite3.OperationalError
    ):  # read-only, or another process is setting it
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")


def _is_empty(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT name FROM sqlite_schema").fetchone() is None


def _statements(schema: str) -> list[str]:
    return [statement for statement in schema.split(";") if statement.strip()]
