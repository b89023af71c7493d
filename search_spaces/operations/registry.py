"""Operations by kind: our own, and those of installed packages; and their way from and to JSON."""

import dataclasses
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from ..errors import InputError
from ..registry import Registry
from .base import Operation

OPERATIONS = Registry(
    "operation",
    "proxyless.operations",
    {
        "convolution": "search_spaces.operations.convolution:Convolution",
        "mbconv": "search_spaces.operations.mbconv:MBConv",
        "zero": "search_spaces.operations.zero:Zero",
        "classifier": "search_spaces.operations.classifier:Classifier",
    },
)
"""Every operation's class by its kind."""


@cache
def get_operation(kind: str) -> type[Operation]:
    """Return the class of the operations of a kind.

    Raises:
        InputError: there is none, it cannot be imported, or it is not what it must be.
    """
    found = OPERATIONS.load(kind, Operation)  # type: ignore[type-abstract]
    if not (dataclasses.is_dataclass(found) and found.__dict__.get("kind") == kind):
        raise InputError(
            f"operation {kind!r}: {found.__module__}.{found.__qualname__} is no dataclass with a "
            f'field `kind: Literal["{kind}"] = "{kind}"`: mend or uninstall its package'
        )
    return found


def operation_from(data: object) -> Operation:
    """Turn an operation, or its plain data, into an operation.

    Raises:
        ValueError: it is neither; what is wrong with a field is pydantic's own kind of it.
    """
    if isinstance(data, Operation):
        return data
    if not isinstance(data, Mapping):
        raise ValueError(f"{data!r} is no operation: give an object with a field 'kind'")
    if "kind" not in data:
        raise ValueError("field 'kind' is missing")
    if not isinstance(data["kind"], str):
        raise ValueError(f"kind {data['kind']!r} is not a string")
    return _adapter(get_operation(data["kind"])).validate_python(data)


def operation_to(operation: Operation) -> Any:
    """Turn an operation into plain data that JSON can hold."""
    return _adapter(type(operation)).dump_python(operation, mode="json")


@cache
def _adapter(kind: type[Operation]) -> TypeAdapter[Operation]:
    return TypeAdapter(kind)
