"""Files of metadata in image folders, which name images: checked before `datasets` reads them."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from search_spaces import InputError
from search_spaces.errors import reason
from search_spaces.outside import parse_json, read_text

from .parquet import opened
from .stored_images import place_inside, shown

NAME_SUFFIX = "file_name"
"""End of the names of columns whose values are names of image files."""


def check_metadata(path: Path) -> None:
    """Check a file ``metadata.csv``, ``.jsonl`` or ``.parquet``.

    Raises:
        InputError: it cannot be read, or names a file outside of its folder; with the row.
    """
    for number, row in enumerate(_rows(path)):
        for column, value in row.items():
            if isinstance(column, str) and column.endswith((NAME_SUFFIX, f"{NAME_SUFFIX}s")):
                for name in value if isinstance(value, list) else [value]:
                    _check_name(name, path, number)


def _check_name(name: object, path: Path, number: int) -> None:
    problem = "it is no text"
    if isinstance(name, str):
        try:
            place_inside(name, (path.parent.absolute(),))
            return
        except InputError as error:
            problem = str(error)
    raise InputError(
        f"row {number} (counted from 0) of {path} is refused: of the file name "
        f"{shown(repr(name))}, {problem}: name images in the folder of the metadata"
    )


def _rows(path: Path) -> Iterator[Mapping[Any, Any]]:
    if path.suffix == ".csv":
        lines = read_text(path, "file").splitlines()
        try:
            yield from csv.DictReader(lines)
        except csv.Error as error:
            raise InputError(f"{path} is no CSV that can be read: {reason(error)}") from None
    elif path.suffix == ".jsonl":
        for number, line in enumerate(read_text(path, "file").split("\n")):
            row = parse_json(line, f"line {number + 1} of {path}") if line.strip() else {}
            if not isinstance(row, Mapping):
                raise InputError(f"line {number + 1} of {path} is no object: correct it")
            yield row
    else:
        names = [name for name in opened(path).schema_arrow.names if NAME_SUFFIX in name]
        for batch in opened(path).iter_batches(columns=names):
            yield from batch.to_pylist()
