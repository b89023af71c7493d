"""Plain data to dataclasses and back: the strict parser of every file format of the project."""

import re
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from .errors import InputError
from .outside import parse_json, read_text

STRICT = ConfigDict(extra="forbid")

LONGEST_VALUE = 80
"""Characters of a wrong value that a sentence repeats."""

_OF_A_FIELD = re.compile(r"`(\w+)` (.+)", re.DOTALL)

T = TypeVar("T")


def parse(kind: type[T], data: object, subject: str) -> T:
    """Turn plain data into an instance of ``kind``.

    Raises:
        InputError: "``subject``: place: reason" for the first error. If ``subject`` is empty, an
            error that a dataclass itself raises is only its reason.
    """
    try:
        parsed: T = _adapter(kind).validate_python(data)  # type: ignore[arg-type]  # of a cache
        return parsed
    except ValidationError as error:
        raise InputError(
            f"{subject}: {_sentence(error)}" if subject else _unprefixed(error)
        ) from None
    except UnicodeEncodeError:  # of pydantic, whose error would repeat that text
        raise InputError(
            f"{subject or 'a value'} is refused: it holds a text that cannot be encoded"
        ) from None


def dump(value: object) -> Any:
    """Turn a dataclass into plain data that JSON can hold."""
    return TypeAdapter(type(value)).dump_python(value, mode="json")


def read_json(path: Path, subject: str) -> Any:
    """Read a JSON file as plain data.

    Raises:
        InputError: the file cannot be read, is no JSON, or is refused by
            :mod:`search_spaces.outside`; the sentence names it, after ``subject``.
    """
    return parse_json(read_text(path, subject), f"{subject} {path}")


def check_format(data: object, name: str, version: int, subject: str) -> dict[str, Any]:
    """Check the ``format`` and ``version`` fields that begin every JSON file of this project.

    Returns the other fields; ``subject`` names the file in errors.
    """
    if not isinstance(data, dict) or data.get("format") != name:
        raise InputError(f"{subject} is not a {name} file")
    if data.get("version") != version:
        raise InputError(
            f"{subject} has version {data.get('version')}; this release reads version {version}"
        )
    return {key: value for key, value in data.items() if key not in ("format", "version")}


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    """Return the validator of a type; to build one takes as long as ten uses of it."""
    return TypeAdapter(kind)


def _unprefixed(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    if first["type"] != "value_error":
        return _sentence(error)
    reason, names = _reason(first["msg"]), [part for part in first["loc"] if isinstance(part, str)]
    of_field = first["loc"] and isinstance(first["loc"][-1], str) and "`" not in reason
    return f"`{names[-1]}` {reason}" if of_field else reason


def _reason(message: str) -> str:
    return message.removeprefix("Value error, ")


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    location = _location(first["loc"])
    message = first["msg"]
    if first["type"] == "unexpected_keyword_argument" or first["type"] == "extra_forbidden":
        *parents, name = first["loc"]
        return f"{_location(tuple(parents)) or 'top level'}: unknown field {name!r}"
    if first["type"] in ("missing", "missing_argument"):
        *parents, name = first["loc"]
        return f"{_location(tuple(parents)) or 'top level'}: field {name!r} is missing"
    if first["type"] == "value_error":
        message = _reason(message)
        if named := _OF_A_FIELD.match(message):  # of `search_spaces.fields`, which knows no place
            location, message = _location((*first["loc"], named[1])), named[2]
    else:
        message = f"{_short(first['input'])} is wrong: {message[0].lower()}{message[1:]}"
    return f"{location}: {message}" if location else message


def _short(value: object) -> str:
    """Return a value as Python writes it, cut where it is long."""
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def _location(location: tuple[int | str, ...]) -> str:
    """Write ("stages", 2, "stride") as "stage 3, stride": positions are counted from one."""
    parts: list[str] = []
    for part in location:
        if isinstance(part, int) and parts:
            parts[-1] = f"{parts[-1].removesuffix('s')} {part + 1}"
        else:
            parts.append(str(part))
    return ", ".join(parts)
