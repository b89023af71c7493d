"""Operations by kind, built-in and of installed packages, and their conversion to and from JSON."""

import dataclasses
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator, TypeAdapter

from ..errors import InputError, reason
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
    kind = data["kind"]
    operation = _adapter(get_operation(kind)).validate_python(data)
    if not OPERATIONS.is_built_in(kind):
        _check_foreign(kind, data, operation)
    return operation


def operation_to(operation: Operation) -> dict[str, object]:
    """Turn an operation into plain data that JSON can hold."""
    data: dict[str, object] = _adapter(type(operation)).dump_python(operation, mode="json")
    return data


def foreign_kinds(operations: object) -> tuple[str, ...]:
    """Return the kinds in a list of operations as plain data that are not ours, each once.

    What is no such list, in a damaged file, has none.
    """
    listed = operations if isinstance(operations, Sequence) else ()
    kinds = [data.get("kind") for data in listed if isinstance(data, Mapping)]
    named = [kind for kind in kinds if isinstance(kind, str)]
    return tuple(dict.fromkeys(kind for kind in named if not OPERATIONS.is_built_in(kind)))


AnyOperation = Annotated[Operation, PlainValidator(operation_from), PlainSerializer(operation_to)]
"""Type of a dataclass field that holds any operation; in JSON, ``kind`` selects the class."""


LARGEST_PLAIN = 2**20
"""The largest number that a field without a range of its own may hold, in a package's operation."""


def _check_foreign(kind: str, data: Mapping[str, object], operation: Operation) -> None:
    """Refuse data of a package's operation that its code cannot make an operation of.

    Its fields need not have ranges, so its shapes are asked for here.
    """
    for name, value in data.items():
        if isinstance(value, (int, float)) and not abs(value) <= LARGEST_PLAIN:
            raise ValueError(f"{name} {value:g} is not at most {LARGEST_PLAIN}")
    try:
        shapes = (operation.input_shape, operation.output_shape)
        _ = operation.key, operation.label
    except Exception as error:  # of somebody's package, about somebody's numbers
        raise ValueError(
            f"operation {kind!r} cannot be made of these fields ({reason(error)})"
        ) from None
    if not all(
        isinstance(side, int) and 1 <= side <= LARGEST_PLAIN for shape in shapes for side in shape
    ):
        raise ValueError(
            f"operation {kind!r} cannot be made of these fields: it maps {shapes[0]} to {shapes[1]}"
        )


@cache
def _adapter(kind: type[Operation]) -> TypeAdapter[Operation]:
    return TypeAdapter(kind)
