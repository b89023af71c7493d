"""What an annotation says of a dataclass's field: its meaning, its range, its choices.

A field is declared once, as ``Annotated[int, Ge(1), Doc("Images a call.")] = 1``. The dataclass
holds itself against that when it is made, and the command line makes its option of it.
"""

import math
from collections.abc import Iterator
from dataclasses import Field, dataclass, fields
from functools import cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from annotated_types import Ge, Gt, Le, Lt
from typing_extensions import Doc

from .errors import InputError


@dataclass(frozen=True)
class OneOf:
    """The words a field may be."""

    choices: tuple[str, ...]


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
                case Ge(ge=least) if not value >= least:
                    yield f"is not at least {least:g}"
                case Gt(gt=bound) if not value > bound:
                    yield f"is not above {bound:g}"
                case Le(le=most) if not value <= most:
                    yield f"is not at most {most:g}"
                case Lt(lt=bound) if not value < bound:
                    yield f"is not below {bound:g}"
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
