"""Labels of any kind, checked and turned into numbers of classes.

All splits are checked before anything is measured or trained.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from search_spaces import InputError
from search_spaces.dimensions import MOST_CLASSES

from .stored_images import shown

if TYPE_CHECKING:
    import pyarrow as pa

LONGEST_NAME = 1000
"""Characters of the longest name of a class."""
Numbers = dict[str, NDArray[np.int64]]


def encode_labels(
    labels: Mapping[str, "pa.ChunkedArray"], names: Sequence[str] | None, data: str
) -> tuple[tuple[str, ...], Numbers]:
    """Return names of classes, and the labels of each split as int64 (N,).

    ``labels`` are the values by split, the one to train on first. ``names`` are the classes that
    the data declare, if they do: a whole number is then a place in them. Otherwise every value that
    occurs in training is a class: numbers in numeric order, texts in the order of their characters.

    Raises:
        InputError: a label is missing, of a kind that names no class, out of range, or of a class
            that training has no image of; the sentence names row and split.
    """
    columns = {split: _plain(column, split, data) for split, column in labels.items()}
    if names is None:
        (first, values), *_ = columns.items()
        names, places = _classes(values, first, data)
    else:
        check_class_names(names, data)
        places = {name: number for number, name in enumerate(names)}
        places |= dict(zip(range(len(names)), range(len(names)), strict=True))
    numbers = {
        split: _numbers(column, places, names, split, data) for split, column in columns.items()
    }
    _check_trained(numbers, names, data)
    return tuple(names), numbers


def check_class_count(count: int, data: str) -> None:
    """Check that there are not more classes than are told apart; raises InputError otherwise."""
    if count > MOST_CLASSES:
        raise InputError(
            f"{data} has {count:,} classes, more than the {MOST_CLASSES:,} that are told apart: "
            "unite classes, or give labels that name some"
        )


def check_class_names(names: Sequence[object], data: str) -> None:
    """Check names of classes.

    Raises:
        InputError: there are too many, one stands twice, or one is no text of a line.
    """
    check_class_count(len(names), data)
    seen = set()
    for number, name in enumerate(names):
        problem = _problem(name)
        if problem:
            raise InputError(f"the name of class {number} of {data} {problem}: rename it")
        if name in seen:
            raise InputError(
                f"{data} has two classes named {shown(str(name))!r}: rename or unite them"
            )
        seen.add(name)


def _problem(name: object) -> str:
    if not isinstance(name, str):
        return "is no text"
    if not name.strip():
        return "is empty"
    if len(name) > LONGEST_NAME:
        return f"has {len(name):,} characters, more than {LONGEST_NAME}"
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in name):
        return f"({shown(name)!a}) holds control characters"
    return ""


def _plain(column: "pa.ChunkedArray", split: str, data: str) -> "pa.ChunkedArray":
    """Return a column of bool, int, float or string values without gaps."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    if column.null_count:
        raise InputError(_said(_first(pc.is_null(column)), split, data, "is missing"))
    if pa.types.is_floating(kind):
        whole = pc.equal(pc.floor(column), column) if len(column) else column
        odd = pc.invert(pc.and_(pc.is_finite(column), whole)) if len(column) else column
        if len(column) and pc.any(odd).as_py():
            row = _first(odd)
            raise InputError(_said(row, split, data, f"is {column[row].as_py():g}, no class"))
    elif not (
        pa.types.is_boolean(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
    ):
        raise InputError(
            f"the labels of the {split} split of {data} are of type {shown(str(kind))}: give one "
            "whole number or name for each image"
        )
    return column


def _classes(column: "pa.ChunkedArray", split: str, data: str) -> tuple[list[str], dict[Any, int]]:
    """Return the classes that occur: their names, and their numbers by value."""
    values = column.unique().to_pylist()
    check_class_count(len(values), data)
    for value in values:
        problem = _problem(str(value))
        if problem:
            row = column.to_pylist().index(value)
            raise InputError(_said(row, split, data, problem))
    values.sort()
    return [str(value) for value in values], {value: place for place, value in enumerate(values)}


def _numbers(
    column: "pa.ChunkedArray",
    places: Mapping[Any, int],
    names: Sequence[str],
    split: str,
    data: str,
) -> NDArray[np.int64]:
    import pyarrow as pa
    import pyarrow.compute as pc

    encoded = pa.array(column.combine_chunks()).dictionary_encode()
    values = encoded.dictionary.to_pylist()
    for value in values:
        if value not in places:
            row = _first(pc.equal(column, pa.scalar(value, column.type)))
            known = f"0 to {len(names) - 1}" if isinstance(value, int) else ", ".join(names[:5])
            problem = f"is {shown(repr(value))}, none of the {len(names)} classes"
            raise InputError(_said(row, split, data, f"{problem} ({shown(known)})"))
    table = np.array([places[value] for value in values], np.int64)
    numbers: NDArray[np.int64] = table[encoded.indices.to_numpy().astype(np.int64)]
    return numbers


def _check_trained(numbers: Numbers, names: Sequence[str], data: str) -> None:
    """Check that every class that is tested can be learned."""
    first, *others = numbers
    trained = np.zeros(len(names), bool)
    trained[numbers[first]] = True
    for split in others:
        unknown = np.flatnonzero(~trained[numbers[split]])
        if len(unknown):
            name = names[numbers[split][unknown[0]]]
            raise InputError(
                f"class {shown(name)!r} has images in the {split} split of {data} but none in the "
                f"{first} split (row {unknown[0]}, counted from 0): add some, or remove these"
            )


def _first(mask: "pa.ChunkedArray") -> int:
    return int(np.flatnonzero(mask.to_numpy())[0])


def _said(row: int, split: str, data: str, problem: str) -> str:
    return (
        f"the label of row {row} (counted from 0) of the {split} split of {data} {problem}: "
        "correct or remove the row"
    )
