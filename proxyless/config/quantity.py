"""Amounts as people write them: 300k, 60M, 250KB, 1MiB."""

import re
from typing import Annotated

from pydantic import BeforeValidator

from search_spaces import InputError

LARGEST = 1e18
"""The largest amount: a million times what the largest models have."""
WHOLE = re.compile(r"[+-]?[0-9]{1,40}")
"""A whole number as options and files write it: no other digits, separators or spaces."""
NUMBER = re.compile(
    r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,9})?"
)
"""A number as options and files write it; it may round to infinity, which no range has."""
_QUANTITY = re.compile(rf"({NUMBER.pattern})(?: ?([kmgt]i?b?|b))?", re.IGNORECASE)
_THOUSANDS = {"K": 1, "M": 2, "G": 3, "T": 4}


def quantity(text: str) -> float:
    """Read a number that may end in k, M, G or T, as in 300k, 250KB or 1MiB (of 1024 KiB).

    Raises:
        InputError: it is none.
    """
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise InputError(f"{text[:80]!r} is no quantity: give 250000, 250k or 250KB")
    unit = (match[2] or "").upper()
    base = 1024 if "I" in unit else 1000
    return float(match[1]) * float(base ** _THOUSANDS.get(unit[:1], 0))


def _read(value: object) -> object:
    return quantity(value) if isinstance(value, str) else value


WRITTEN_SHORT = BeforeValidator(_read)
"""Attached to a field whose files and options may say 300k."""

Quantity = Annotated[float | None, WRITTEN_SHORT]
"""A number that may be written as 300k, or None."""
