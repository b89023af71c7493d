"""Files of metadata in image folders, which name images: checked before `datasets` reads them."""

import csv
import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from search_spaces import InputError
from search_spaces.errors import reason
from search_spaces.outside import MEBIBYTE, open_regular, parse_json

from .parquet import opened
from .stored_images import check_inside, shown

NAME_SUFFIX = "file_name"
"""End of the names of columns whose values are names of image files."""
METADATA_LIMIT = 1024 * MEBIBYTE
"""Bytes of the largest text of metadata: ImageNet's takes a tenth of it."""
LINE_LIMIT = 16 * MEBIBYTE
"""Characters of its longest line."""


def check_metadata(path: Path) -> None:
    """Check a file ``metadata.csv``, ``.jsonl`` or ``.parquet``.

    Raises:
        InputError: it cannot be read, or names a file outside of its folder; with the row.
    """
    folders = (path.parent.absolute(),)
    for number, names in enumerate(_names(path)):
        for name in names:
            _check_name(name, folders, path, number)


def _check_name(name: object, folders: tuple[Path, ...], path: Path, number: int) -> None:
    problem = "it is no text"
    if isinstance(name, str):
        try:
            check_inside(name, folders)
            return
        except InputError as error:
            problem = str(error)
    raise InputError(
        f"row {number} (counted from 0) of {path} is refused: of the file name "
        f"{shown(repr(name))}, {problem}: name images in the folder of the metadata"
    )


def _names(path: Path) -> Iterator[Sequence[object]]:
    """Yield the names of files in each row."""
    if path.suffix == ".csv":
        try:
            yield from _of_table(path)
        except csv.Error as error:
            raise InputError(f"{path} is no CSV that can be read: {reason(error)}") from None
    elif path.suffix == ".jsonl":
        for number, line in enumerate(_lines(path, "\n")):
            row = parse_json(line, f"line {number + 1} of {path}") if line.strip() else {}
            if not isinstance(row, dict):
                raise InputError(f"line {number + 1} of {path} is no object: correct it")
            yield _named(row)
    else:
        names = [name for name in opened(path).schema_arrow.names if NAME_SUFFIX in name]
        for batch in opened(path).iter_batches(columns=names):
            yield from map(_named, batch.to_pylist())


def _of_table(path: Path) -> Iterator[Sequence[object]]:
    rows = filter(None, csv.reader(_lines(path, "")))  # as `datasets`, without empty lines
    titles = next(rows, [])
    columns = [column for column, title in enumerate(titles) if _names_files(title)]
    for number, row in enumerate(rows):
        if len(row) > len(titles):  # `datasets` would take the first for no column at all
            raise InputError(
                f"row {number} (counted from 0) of {path} is refused: it has {len(row)} cells "
                f"under {len(titles)} titles: correct it"
            )
        yield [row[column] for column in columns if column < len(row)]


def _named(row: dict[Any, Any]) -> Sequence[object]:
    found: list[object] = []
    for title, value in row.items():
        if _names_files(title):
            found += value if isinstance(value, list) else [value]
    return found


def _names_files(title: str) -> bool:
    return title.endswith((NAME_SUFFIX, f"{NAME_SUFFIX}s"))


def _lines(path: Path, newline: str) -> Iterator[str]:
    """Yield the lines of a text in UTF-8, which end where ``newline`` of :func:`open` says."""
    number = 0
    with (
        open_regular(path, "file") as file,
        io.TextIOWrapper(file, encoding="utf-8-sig", newline=newline) as text,
    ):
        if os.fstat(file.fileno()).st_size > METADATA_LIMIT:
            raise InputError(
                f"file {path} is larger than the {METADATA_LIMIT // MEBIBYTE} MiB that are read: "
                "split the data set into several"
            )
        try:
            while line := text.readline(LINE_LIMIT):
                number += 1
                if len(line) == LINE_LIMIT:
                    raise InputError(f"line {number} of {path} is too long: correct it")
                yield line
        except UnicodeDecodeError:
            raise InputError(f"file {path} is not UTF-8 text after line {number}") from None
