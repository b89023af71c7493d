"""Former names of fields of dataclasses and of arguments, accepted with a warning."""

import warnings
from collections.abc import Callable, Mapping
from functools import wraps
from typing import ParamSpec, TypeVar

Class = TypeVar("Class", bound=type)
P = ParamSpec("P")
Result = TypeVar("Result")


def renamed_fields(**names: str) -> Callable[[Class], Class]:
    """Accept former names of fields of a dataclass: ``renamed_fields(former="current")``.

    Its constructor takes them as keywords, and its instances have them as attributes, both with a
    ``DeprecationWarning``.
    """

    def decorate(kind: Class) -> Class:
        initialise: Callable[..., None] = kind.__init__  # type: ignore[misc]

        @wraps(initialise)
        def take_former(self: object, *values: object, **named: object) -> None:
            initialise(self, *values, **_with_current_names(kind, names, named))

        kind.__init__ = take_former  # type: ignore[misc]
        for former, today in names.items():
            setattr(kind, former, _property(kind, former, today))
        return kind

    return decorate


def renamed_arguments(**names: str) -> Callable[[Callable[P, Result]], Callable[P, Result]]:
    """Accept former keywords of a function: ``renamed_arguments(former="current")``.

    They are taken with a ``DeprecationWarning``, and are not in the function's signature.
    """

    def decorate(function: Callable[P, Result]) -> Callable[P, Result]:
        @wraps(function)
        def take_former(*values: P.args, **named: P.kwargs) -> Result:
            current = _with_current_names(function, names, named)
            return function(*values, **current)  # type: ignore[arg-type]

        return take_former

    return decorate


def _with_current_names(
    renamed: Callable[..., object], names: Mapping[str, str], named: Mapping[str, object]
) -> dict[str, object]:
    """Return keyword arguments of the caller's caller with former names replaced."""
    current = dict(named)
    for former, today in names.items():
        if former in current:
            _warn(renamed, former, today, level=4)
            if today in current:
                raise TypeError(f"{renamed.__name__} got {today!r} twice: as {former!r} too")
            current[today] = current.pop(former)
    return current


def _property(kind: type, former: str, today: str) -> property:
    def read(self: object) -> object:
        _warn(kind, former, today)
        return getattr(self, today)

    return property(read)


def _warn(renamed: Callable[..., object], former: str, today: str, level: int = 3) -> None:
    """Warn, naming the line that called the caller, or one so many ``level``s away."""
    if isinstance(renamed, type):
        former, today = f"{renamed.__name__}.{former}", f"{renamed.__name__}.{today}"
    else:
        former, today = f"`{former}` of {renamed.__name__}", f"`{today}`"
    warnings.warn(f"{former} is called {today} now", DeprecationWarning, stacklevel=level)
