"""Annotations of dataclass fields: their meaning, range and choices.

A field is declared once, as ``Annotated[int, AtLeast(1), Doc("Images a call.")] = 1``. The
dataclass checks its values against them when it is created, and the command line derives its
option from them.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import MISSING, Field, dataclass, fields, replace
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, get_args, get_origin, get_type_hints

from typing_extensions import Doc

from .errors import InputError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True)
class Bound(ABC):
    """One end of a field's range; values None and strings are not checked."""

    limit: float

    words: ClassVar[str]

    @abstractmethod
    def keeps(self, value: float) -> bool:
        """Return whether a value is within the bound; NaN never is."""


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
        for item in value if isinstance(value, tuple) else (value,):
            if item is not None:
                for fault in self._faults(item):
                    yield f"`{self.name}` {written(item)} {fault}"

    def _faults(self, value: Any) -> Iterator[str]:
        for annotation in self.attached:
            match annotation:
                case Bound(limit) if not annotation.keeps(value):
                    yield f"{annotation.words} {written(float(limit))}"
                case OneOf(choices) if value not in choices:
                    *others, last = choices
                    yield f"is not {', '.join(others)} or {last}" if others else f"is not {last}"


@cache
def declared(config: "type[DataclassInstance]") -> tuple[Declared, ...]:
    """Return the fields of a dataclass, in order, with their annotations."""
    hints = get_type_hints(config, include_extras=True)
    declarations = []
    for field in fields(config):
        hint = hints[field.name]
        if get_origin(hint) is Annotated:
            kind, *attached = get_args(hint)
            declarations.append(Declared(field, kind, tuple(attached)))
        else:
            declarations.append(Declared(field, hint, ()))
    return tuple(declarations)


def check_fields(config: "DataclassInstance") -> None:
    """Check a dataclass's values against its annotations; call it from ``__post_init__``.

    Raises:
        InputError: a value is not allowed, such as "`batch_size` 1 is not at least 2".
    """
    for field in declared(type(config)):
        for fault in field.faults(getattr(config, field.name)):
            raise InputError(fault)


def written(value: object) -> str:
    """Format a value for messages: strings in quotes, numbers in their shortest form."""
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return f"{value:.0f}" if abs(value) < 1e15 else f"{value:g}"
    return f"{value:g}" if isinstance(value, float) else repr(value)
