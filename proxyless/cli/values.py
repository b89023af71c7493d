"""What a value on the command line may look like: one strict grammar for every verb's options.

Numbers are digits of ASCII without separators, spaces or other bases; text is one that can be
written down again. Ranges are those of the option's annotations (:mod:`search_spaces.fields`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, get_args, get_origin, get_type_hints

from search_spaces.errors import InputError
from search_spaces.fields import Bound, written

from ..config.quantity import NUMBER, WHOLE

LONGEST = 4096
"""Characters of a value: what the longest path on Linux has."""
LONGEST_SHOWN = 80
"""Characters of a wrong value that a sentence repeats."""


@dataclass(frozen=True)
class Taken:
    """What a parameter of a verb takes: numbers of these types, if any, in these ranges."""

    types: frozenset[object]
    ranges: tuple[Bound, ...]

    def check_text(self, name: str, given: object) -> None:
        """Check what was typed, before it is converted; ``name`` is the option's.

        Raises:
            InputError: it is nothing of the kind.
        """
        for value in given if isinstance(given, (list, tuple)) else (given,):
            if isinstance(value, str):
                _check_text(name, value)
                if int in self.types and not WHOLE.fullmatch(value):
                    raise InputError(
                        f"{name} {_shown(value)} is no whole number: give one such as 4"
                    )
                if float in self.types and not NUMBER.fullmatch(value):
                    raise InputError(f"{name} {_shown(value)} is no number: give one such as 0.5")

    def check_range(self, name: str, converted: object) -> None:
        """Check numbers against the ranges.

        Raises:
            InputError: one is outside, as "--threads 0 is not at least 1".
        """
        for value in converted if isinstance(converted, (list, tuple)) else (converted,):
            for bound in self.ranges:
                if isinstance(value, (int, float)) and not bound.keeps(value):
                    raise InputError(f"{name} {written(value)[:LONGEST_SHOWN]} {bound.says}")


ANYTHING = Taken(frozenset(), ())


def taken_by(function: Callable[..., None]) -> dict[str, Taken]:
    """Return what a verb's parameters take, by their names."""
    hints = get_type_hints(function, include_extras=True)
    return {
        name: Taken(frozenset(_numbers(hint)), tuple(_bounds(hint))) for name, hint in hints.items()
    }


def _numbers(hint: object) -> Iterator[object]:
    """Yield ``int`` or ``float`` where a value of it is read in the usual way."""
    if get_origin(hint) is Annotated:
        kind, *attached = get_args(hint)
        if not any(getattr(extra, "parser", None) for extra in attached):
            yield from _numbers(kind)
    elif hint in (int, float):
        yield hint
    else:
        for member in get_args(hint):
            yield from _numbers(member)


def _bounds(hint: object) -> Iterator[Bound]:
    if get_origin(hint) is Annotated:
        for attached in hint.__metadata__:  # type: ignore[attr-defined]
            if isinstance(attached, Bound):
                yield attached
            yield from getattr(attached, "bounds", ())
    for member in get_args(hint):
        yield from _bounds(member)


def _check_text(name: str, value: str) -> None:
    if not value:
        raise InputError(f"{name} is empty: give a value, or leave it out")
    if len(value) > LONGEST:
        raise InputError(f"{name} has {len(value):,} characters: give at most {LONGEST:,}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InputError(
            f"{name} {_shown(value)} is not UTF-8 text: rename what it names"
        ) from None


def _shown(value: str) -> str:
    """Return a value as it is given, where that shows what it is."""
    plain = value.isascii() and value.isprintable() and " " not in value
    return (value if plain else repr(value))[:LONGEST_SHOWN]
