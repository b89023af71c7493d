"""What an annotation says of a dataclass's field: its meaning, its range, its choices.

A field is declared once, as ``Annotated[int, AtLeast(1), Doc("Images a call.")] = 1``. The
dataclass holds itself against that when it is made, and the command line makes its option of it.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import MISSING, Field, dataclass, fields, replace
from functools import cache
from typing import Annotated, Any, ClassVar, get_args, get_origin, get_type_hints

from typing_extensions import Doc

from .errors import InputError


@dataclass(frozen=True)
class Bound(ABC):
    """One end of a field's range; None and words have none."""

    limit: float

    words: ClassVar[str]

    @abstractmethod
    def keeps(self, value: float) -> bool:
        """Whether a value is on the right side; NaN never is."""


class AtLeast(Bound):
    """The least a field may be."""

    words = "is not at least"

    def keeps(self, value: float) -> bool:
        """Whether it is at least that."""
        return value >= self.limit


class Above(Bound):
    """What a field must be above."""

    words = "is not above"

    def keeps(self, value: float) -> bool:
        """Whether it is above that."""
        return value > self.limit


class AtMost(Bound):
    """The most a field may be."""

    words = "is not at most"

    def keeps(self, value: float) -> bool:
        """Whether it is at most that."""
        return value <= self.limit


class Below(Bound):
    """What a field must be below."""

    words = "is not below"

    def keeps(self, value: float) -> bool:
        """Whether it is below that."""
        return value < self.limit


@dataclass(frozen=True)
class OneOf:
    """The words a field may be."""

    choices: tuple[str, ...]


@dataclass(frozen=True)
class Registered:
    """The field names an implementation of ours or of an installed package: any word, here.

    Whoever uses it asks the registry of that ``group`` (see :mod:`.registry`), so that the name can
    be read where its package is not installed. The command line shows the registry's names.
    """

    group: str


@dataclass(frozen=True)
class OptionName:
    """What the command line calls a field, as ``interval``, where that is not the field's name."""

    name: str


@dataclass(frozen=True)
class Declared:
    """One field and what its annotation says.

    ``kind`` is the annotation without what is attached to it, as ``int | None``.
    """

    field: Field[Any]
    kind: Any
    attached: tuple[object, ...]

    @property
    def name(self) -> str:
        """The field's name."""
        return self.field.name

    @property
    def meaning(self) -> str:
        """What the field is, in a sentence; "" where nobody says."""
        return next((one.documentation for one in self.attached if isinstance(one, Doc)), "")

    @property
    def choices(self) -> tuple[str, ...]:
        """The words to choose from; none where anything goes."""
        return next((one.choices for one in self.attached if isinstance(one, OneOf)), ())

    @property
    def group(self) -> str:
        """The registry's group whose names the field takes; "" where it is no such field."""
        return next((one.group for one in self.attached if isinstance(one, Registered)), "")

    def with_choices(self, choices: tuple[str, ...]) -> "Declared":
        """Return the field with words to choose from."""
        return replace(self, attached=(*self.attached, OneOf(choices)))

    @property
    def option(self) -> str:
        """The option that gives the field's value, as ``--batch-size``."""
        names = (one.name for one in self.attached if isinstance(one, OptionName))
        return "--" + next(names, self.name).replace("_", "-")

    @property
    def negative_option(self) -> str:
        """The option that makes a field of yes or no false, as ``--no-flip``."""
        return self.option.replace("--", "--no-", 1)

    @property
    def default(self) -> object:
        """What the field is where nobody says; MISSING where it must be said."""
        if self.field.default_factory is not MISSING:
            return self.field.default_factory()
        return self.field.default

    def faults(self, value: object) -> Iterator[str]:
        """Yield what is wrong with a value, as "`threads` 0 is not at least 1".

        Nothing is wrong with None, or with a tuple of right values. A number that is none (NaN) is
        in no range.
        """
        for one in value if isinstance(value, tuple) else (value,):
            if one is not None:
                for fault in self._faults(one):
                    yield f"`{self.name}` {written(one)} {fault}"

    def _faults(self, value: Any) -> Iterator[str]:
        for one in self.attached:
            match one:
                case Bound(limit) if not one.keeps(value):
                    yield f"{one.words} {written(float(limit))}"
                case OneOf(choices) if value not in choices:
                    *others, last = choices
                    yield f"is not {', '.join(others)} or {last}" if others else f"is not {last}"


@cache
def declared(config: Any) -> tuple[Declared, ...]:
    """Return the fields of a dataclass, in order, with what their annotations say."""
    hints = get_type_hints(config, include_extras=True)
    found = []
    for field in fields(config):
        hint = hints[field.name]
        if get_origin(hint) is Annotated:
            kind, *attached = get_args(hint)
            found.append(Declared(field, kind, tuple(attached)))
        else:
            found.append(Declared(field, hint, ()))
    return tuple(found)


def check_fields(config: Any) -> None:
    """Hold a dataclass's values against what its annotations say: to be called when it is made.

    Raises:
        InputError: as "`batch_size` 1 is not at least 2".
    """
    kind: Any = type(config)
    for one in declared(kind):
        for fault in one.faults(getattr(config, one.name)):
            raise InputError(fault)


def written(value: object) -> str:
    """Write a value as a person would: words in quotes, numbers short."""
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return f"{value:.0f}" if abs(value) < 1e15 else f"{value:g}"
    return f"{value:g}" if isinstance(value, float) else repr(value)
