"""Annotations of dataclass fields: their meaning, range and choices.

A field is declared once, as ``Annotated[int, AtLeast(1), Doc("Images a call.")] = 1``. The
dataclass checks its values against them when it is created, and the command line derives its
option from them.
"""

import math
import numbers
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import MISSING, Field, dataclass, fields, replace
from functools import cache, cached_property
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, get_args, get_origin, get_type_hints

from pydantic import GetCoreSchemaHandler
from typing_extensions import Doc

from .errors import InputError

LONGEST_VALUE = 80
"""Characters of a wrong value that a sentence repeats."""

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True)
class Bound(ABC):
    """One end of a field's range; None is not checked.

    What files say there is taken as it is: no text and no truth value stands for a number.
    """

    limit: float

    words: ClassVar[str]

    @abstractmethod
    def keeps(self, value: float) -> bool:
        """Return whether a value is within the bound; NaN never is."""

    @property
    def says(self) -> str:
        """What is wrong with a value that the bound does not keep."""
        return f"{self.words} {written(float(self.limit))}"

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> Any:
        """Return the schema of the annotated type, its numbers strict."""
        return _strict(handler(source))


class AtLeast(Bound):
    """A lower bound, inclusive."""

    words = "is not at least"

    def keeps(self, value: float) -> bool:
        """Return whether ``value >= limit``."""
        return value >= self.limit


class Above(Bound):
    """A lower bound, exclusive."""

    words = "is not above"

    def keeps(self, value: float) -> bool:
        """Return whether ``value > limit``."""
        return value > self.limit


class AtMost(Bound):
    """An upper bound, inclusive."""

    words = "is not at most"

    def keeps(self, value: float) -> bool:
        """Return whether ``value <= limit``."""
        return value <= self.limit


class Below(Bound):
    """An upper bound, exclusive."""

    words = "is not below"

    def keeps(self, value: float) -> bool:
        """Return whether ``value < limit``."""
        return value < self.limit


@dataclass(frozen=True)
class Odd(Bound):
    """Odd numbers only, of at least ``limit``: sides of kernels, which have a centre."""

    limit: float = 1

    words = "is not an odd number of at least"

    def keeps(self, value: float) -> bool:
        """Return whether ``value`` is odd, and at least ``limit``."""
        return value >= self.limit and value % 2 == 1


@dataclass(frozen=True)
class OneOf:
    """The strings that a field may hold."""

    choices: tuple[str, ...]


@dataclass(frozen=True)
class Registered:
    """The field holds the name of a built-in implementation or of one from an installed package.

    The dataclass accepts any string, so that a file can be read where the package is not installed;
    the name is looked up in the registry of that ``group`` (see :mod:`.registry`) when it is used.
    The command line offers the registry's names.
    """

    group: str


@dataclass(frozen=True)
class OptionName:
    """The name of a field's option on the command line, if it is not the field's name."""

    name: str


@dataclass(frozen=True)
class Declared:
    """One field, its type and its annotations.

    ``kind`` is the type without annotations, such as ``int | None``; ``attached`` are the
    annotations.
    """

    field: Field[object]
    kind: object
    attached: tuple[object, ...]

    @property
    def name(self) -> str:
        """The field's name."""
        return self.field.name

    @property
    def meaning(self) -> str:
        """The field's documentation, a sentence; "" if it has none."""
        return next(
            (
                annotation.documentation
                for annotation in self.attached
                if isinstance(annotation, Doc)
            ),
            "",
        )

    @property
    def choices(self) -> tuple[str, ...]:
        """The allowed strings; empty if any value is allowed."""
        return next(
            (annotation.choices for annotation in self.attached if isinstance(annotation, OneOf)),
            (),
        )

    @property
    def group(self) -> str:
        """The registry group whose names the field takes; "" if it takes none."""
        return next(
            (
                annotation.group
                for annotation in self.attached
                if isinstance(annotation, Registered)
            ),
            "",
        )

    def with_choices(self, choices: tuple[str, ...]) -> "Declared":
        """Return the declaration with these strings as the only allowed ones."""
        return replace(self, attached=(*self.attached, OneOf(choices)))

    @property
    def option(self) -> str:
        """The option that sets the field, such as ``--batch-size``."""
        names = (
            annotation.name for annotation in self.attached if isinstance(annotation, OptionName)
        )
        return "--" + next(names, self.name).replace("_", "-")

    @property
    def negative_option(self) -> str:
        """The option that sets a boolean field to false, such as ``--no-flip``."""
        return self.option.replace("--", "--no-", 1)

    @property
    def default(self) -> object:
        """The field's default; MISSING if a value is required."""
        if self.field.default_factory is not MISSING:
            return self.field.default_factory()
        return self.field.default

    def faults(self, value: object) -> Iterator[str]:
        """Yield what is wrong with a value, such as "`threads` 0 is not at least 1".

        None is always valid; a tuple is valid if all its items are. NaN is outside every range.
        """
        if not self.ranges and not self.choices:
            return
        for item in value if isinstance(value, tuple) else (value,):
            if item is not None:
                for fault in self._faults(item):
                    yield f"`{self.name}` {_short(written(item))} {fault}"

    @cached_property
    def ranges(self) -> tuple[Bound, ...]:
        """The ends of the field's range."""
        return tuple(annotation for annotation in self.attached if isinstance(annotation, Bound))

    @cached_property
    def is_whole(self) -> bool:
        """Whether the field holds whole numbers."""
        return int in _members(self.kind)

    def _faults(self, value: Any) -> Iterator[str]:
        if self.ranges:
            number = numbers.Integral if self.is_whole else numbers.Real
            if isinstance(value, bool) or not isinstance(value, number):
                yield "is not a whole number" if self.is_whole else "is not a number"
                return
        for bound in self.ranges:
            if not bound.keeps(value):
                yield bound.says
        if self.choices and value not in self.choices:
            *others, last = self.choices
            yield f"is not {', '.join(others)} or {last}" if others else f"is not {last}"


@cache
def declared(config: "type[DataclassInstance]") -> tuple[Declared, ...]:
    """Return the fields of a dataclass, in order, with their annotations."""
    hints = get_type_hints(config, include_extras=True)
    declarations = []
    for field in fields(config):
        hint = hints[field.name]
        kind, *attached = get_args(hint) if get_origin(hint) is Annotated else (hint,)
        within = [
            inner for member in get_args(kind) for inner in getattr(member, "__metadata__", ())
        ]
        declarations.append(Declared(field, kind, (*attached, *within)))
    return tuple(declarations)


def check_fields(config: "DataclassInstance") -> None:
    """Check a dataclass's values against its annotations; call it from ``__post_init__``.

    Raises:
        InputError: a value is not allowed, such as "`batch_size` 1 is not at least 2".
    """
    for field in declared(type(config)):
        for fault in field.faults(getattr(config, field.name)):
            raise InputError(fault)


def _members(kind: object) -> set[object]:
    """Return the types that a union, an optional type or a tuple is made of."""
    if get_origin(kind) is Annotated:
        return _members(get_args(kind)[0])
    members = [member for member in get_args(kind) if member not in (NoneType, ...)]
    return set().union(*map(_members, members)) if members else {kind}


def _strict(schema: Any) -> Any:
    """Make the numbers of a pydantic schema strict, those within it too."""
    if schema["type"] in ("int", "float"):
        return {**schema, "strict": True}
    if "schema" in schema:
        return {**schema, "schema": _strict(schema["schema"])}
    if schema["type"] == "tuple":
        return {**schema, "items_schema": [_strict(item) for item in schema["items_schema"]]}
    return schema


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def written(value: object) -> str:
    """Format a value for messages: strings in quotes, numbers in their shortest form."""
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return f"{value:.0f}" if abs(value) < 1e15 else f"{value:g}"
    return f"{value:g}" if isinstance(value, float) else repr(value)
