"""Operations by kind, built-in and of installed packages, and their conversion to and from JSON."""

import dataclasses
from collections.abc import Mapping
from functools import cache
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator, TypeAdapter

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
"""The classes of operations by kind."""


@cache
def get_operation(kind: str) -> type[Operation]:
    """Return the class of the operations of a kind.

    Raises:
        InputError: the kind is unknown, its class cannot be imported, or it is no suitable
            dataclass.
    """
    loaded = OPERATIONS.load(kind, Operation)  # type: ignore[type-abstract]
    if not (dataclasses.is_dataclass(loaded) and loaded.__dict__.get("kind") == kind):
        raise InputError(
            f"operation {kind!r}: {loaded.__module__}.{loaded.__qualname__} is no dataclass with a "
            f'field `kind: Literal["{kind}"] = "{kind}"`: mend or uninstall its package'
        )
    return loaded


def operation_from(data: object) -> Operation:
    """Turn an operation, or its plain data, into an operation.

    Raises:
        ValueError: it is neither; for a wrong field it is pydantic's ``ValidationError``.
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


def operation_to(operation: Operation) -> dict[str, object]:
    """Turn an operation into plain data that JSON can hold."""
    data: dict[str, object] = _adapter(type(operation)).dump_python(operation, mode="json")
    return data


AnyOperation = Annotated[Operation, PlainValidator(operation_from), PlainSerializer(operation_to)]
"""Type of a dataclass field that holds any operation; in JSON, ``kind`` selects the class."""


@cache
def _adapter(kind: type[Operation]) -> TypeAdapter[Operation]:
    return TypeAdapter(kind)
