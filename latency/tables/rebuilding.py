"""A new file of what can still be read of a damaged table, and copies of tables before that."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from search_spaces.errors import InputError
from search_spaces.files import atomic_file, write_atomically
from search_spaces.outside import open_regular

from .columns import CONDITIONS, KEYS
from .file import HEADER, open_file

BEFORE = ".before-repair"
"""Suffix of the copy of a table that is mended; a number follows if there is one already."""
SIDES = ("", "-wal")
"""The file of a table, and its write-ahead log."""
MOST_COPIES = 1000


def copied_beside(path: Path, intact: bool) -> Path:
    """Copy a table under a new name beside it; ``intact`` is whether SQLite can read it.

    What lies in the write-ahead log is copied, too. The copy has its name once it is whole. Raises
    InputError if it cannot be written.
    """
    for number in range(1, MOST_COPIES):
        copy = path.with_name(f"{path.name}{BEFORE}{f'-{number}' if number > 1 else ''}")
        if os.path.lexists(copy) or Path(f"{copy}-wal").is_symlink():
            continue
        if intact:
            _back_up(path, copy)
        else:
            Path(f"{copy}-wal").unlink(missing_ok=True)  # of a copying that was killed
            for suffix in reversed(SIDES):  # the table itself last: it is what the copy is known by
                with suppress(FileNotFoundError), Path(f"{path}{suffix}").open("rb") as source:
                    _write(source, Path(f"{copy}{suffix}"))
        return copy
    raise InputError(f"{path}{BEFORE} and a thousand more exist: remove some of them")


@contextmanager
def rebuilt(path: Path) -> Iterator[tuple[Path, Path]]:
    """Save what can be read of a table into a new file, which replaces it when the block ends.

    Yields the new file and the copy of the old one.

    Raises:
        InputError: nothing can be read.
    """
    with open_regular(path, "latency table") as file:
        if file.read(len(HEADER)) != HEADER:
            raise InputError(f"{path} is no latency table: name another file")
    before = copied_beside(path, intact=False)
    with tempfile.TemporaryDirectory(prefix="proxyless-repair-") as folder:
        old, new = Path(folder) / "old.db", Path(folder) / "new.db"
        for suffix in SIDES:
            with suppress(FileNotFoundError):
                shutil.copyfile(f"{before}{suffix}", f"{old}{suffix}")
        try:
            saved = _save(old, new)
        except sqlite3.Error:
            saved = 0
        if not saved:
            for suffix in SIDES:
                Path(f"{before}{suffix}").unlink(missing_ok=True)
            raise InputError(
                f"nothing can be read of table {path}: restore a copy, or profile again"
            )
        yield new, before
        content = new.read_bytes()
    for suffix in ("-wal", "-shm"):  # of the old file: SQLite would take them for the new one's
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    write_atomically(path, content)


def _back_up(path: Path, copy: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="proxyless-repair-") as folder:
        whole = Path(folder) / "copy.db"
        with (
            closing(open_file(path, "shrink")) as source,
            closing(sqlite3.connect(whole)) as target,
        ):
            source.backup(target)
        with whole.open("rb") as file:
            _write(file, copy)


def _write(source: BinaryIO, path: Path) -> None:
    with atomic_file(path) as file:
        shutil.copyfileobj(source, file)


def _save(old: Path, new: Path) -> int:
    """Copy every row that can be read, into a new table; return their number."""
    with closing(open_file(new, "create")) as target, closing(sqlite3.connect(old)) as source:
        source.execute("PRAGMA trusted_schema = OFF")
        source.text_factory = lambda content: content.decode(errors="surrogateescape")
        made = dict(source.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table'"))
        return sum(
            _save_rows(source, target, table)
            for table in CONDITIONS
            if str(made.get(table)).upper().startswith("CREATE TABLE")
        )


def _save_rows(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> int:
    """Copy a table's rows that can be read and stored; return their number."""
    from sqlite_utils import Database  # imports pandas if installed: half a second

    columns = [row[1] for row in target.execute(f"PRAGMA table_info({table})")]
    rows = dict.fromkeys(filter(_is_storable, _readable(source, table, columns)))
    named = (dict(zip(columns, row, strict=True)) for row in rows)
    into = Database(target).table(table)
    into.insert_all(named, ignore=True)
    return int(into.count)


def _readable(
    source: sqlite3.Connection, table: str, columns: Sequence[str]
) -> Iterator[tuple[object, ...]]:
    """Yield a table's rows from its beginning, and from its end, each as far as it can be read."""
    for direction in ("ASC", "DESC"):
        order = ", ".join(f"{column} {direction}" for column in KEYS[table])
        query = f"SELECT {', '.join(columns)} FROM {table} ORDER BY {order}"
        with suppress(sqlite3.DatabaseError):  # the rest of this direction cannot be read
            yield from source.execute(query)


def _is_storable(row: tuple[object, ...]) -> bool:
    """Whether every text of a row is Unicode; bytes that are none stand in it as surrogates."""
    texts = (value for value in row if isinstance(value, str))
    return not any("\ud800" <= character <= "\udfff" for text in texts for character in text)
