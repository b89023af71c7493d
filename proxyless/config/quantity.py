"""Amounts as people write them: 300k, 60M, 250KB, 1MiB."""

from typing import Annotated

from pydantic import BeforeValidator, ByteSize, TypeAdapter, ValidationError

from search_spaces import InputError

_SIZE = TypeAdapter(ByteSize)


def quantity(text: str) -> float:
    """Read a number that may end in k, M, G, KB, KiB and the like.

    Raises:
        InputError: it is none.
    """
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return float(_SIZE.validate_python(text))
    except ValidationError:
        raise InputError(f"{text!r} is no quantity: give 250000, 250k or 250KB") from None


def _read(value: object) -> object:
    return quantity(value) if isinstance(value, str) else value


WRITTEN_SHORT = BeforeValidator(_read)
"""Attached to a field whose files and options may say 300k."""

Quantity = Annotated[float | None, WRITTEN_SHORT]
"""A number that may be written as 300k, or None."""
