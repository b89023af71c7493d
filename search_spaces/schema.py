"""Plain data to dataclasses and back: one strict parser for every file format of the project."""

import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from .errors import InputError

STRICT = ConfigDict(extra="forbid")

T = TypeVar("T")


def parse(kind: type[T], data: object, what: str) -> T:
    """Turn plain data into ``kind``.

    Raises:
        InputError: "``what``: place: reason" for the first thing that does not fit. Where ``what``
            is empty, what a dataclass says of its own fields stands alone.
    """
    try:
        return TypeAdapter(kind).validate_python(data)
    except ValidationError as error:
        raise InputError(f"{what}: {_sentence(error)}" if what else _alone(error)) from None


def dump(value: object) -> Any:
    """Turn a dataclass into plain data that JSON can hold."""
    return TypeAdapter(type(value)).dump_python(value, mode="json")


def read_json(path: Path, what: str) -> Any:
    """Read a JSON file; an unreadable one is an :class:`InputError` that names it."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        raise InputError(f"{what} {path} does not exist") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{what} {path} is not valid JSON: {error}") from None


def check_format(data: object, name: str, version: int, what: str) -> dict[str, Any]:
    """Check the ``format`` and ``version`` fields every JSON file of ours begins with."""
    if not isinstance(data, dict) or data.get("format") != name:
        raise InputError(f"{what} is not a {name} file")
    if data.get("version") != version:
        raise InputError(
            f"{what} has version {data.get('version')}; this release reads version {version}"
        )
    return {key: value for key, value in data.items() if key not in ("format", "version")}


def _alone(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    if first["type"] != "value_error":
        return _sentence(error)
    reason, names = _reason(first["msg"]), [one for one in first["loc"] if isinstance(one, str)]
    of_field = first["loc"] and isinstance(first["loc"][-1], str) and "`" not in reason
    return f"`{names[-1]}` {reason}" if of_field else reason


def _reason(message: str) -> str:
    return message.removeprefix("Value error, ")


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    place = _place(first["loc"])
    message = first["msg"]
    if first["type"] == "unexpected_keyword_argument" or first["type"] == "extra_forbidden":
        *parents, name = first["loc"]
        return f"{_place(tuple(parents)) or 'top level'}: unknown field {name!r}"
    if first["type"] in ("missing", "missing_argument"):
        *parents, name = first["loc"]
        return f"{_place(tuple(parents)) or 'top level'}: field {name!r} is missing"
    if first["type"] == "value_error":
        message = _reason(message)
    else:
        message = f"{first['input']!r} is wrong: {message[0].lower()}{message[1:]}"
    return f"{place}: {message}" if place else message


def _place(location: tuple[int | str, ...]) -> str:
    """Write ("stages", 2, "stride") as "stage 3, stride": people count from one."""
    words: list[str] = []
    for part in location:
        if isinstance(part, int) and words:
            words[-1] = f"{words[-1].removesuffix('s')} {part + 1}"
        else:
            words.append(str(part))
    return ", ".join(words)
