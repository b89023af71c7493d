"""Former names of fields of dataclasses, accepted with a warning."""

import warnings
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

Class = TypeVar("Class", bound=type)


def renamed_fields(**names: str) -> Callable[[Class], Class]:
    """Accept former names of fields of a dataclass: ``renamed_fields(former="current")``.

    Its constructor takes them as keywords, and its instances have them as attributes, both with a
    ``DeprecationWarning``.
    """

    def decorate(kind: Class) -> Class:
        initialise: Callable[..., None] = kind.__init__  # type: ignore[misc]

        @wraps(initialise)
        def take_former(self: object, *values: object, **named: object) -> None:
            for former, today in names.items():
                if former in named:
                    _warn(kind, former, today)
                    if today in named:
                        raise TypeError(f"{kind.__name__} got {today!r} twice: as {former!r} too")
                    named[today] = named.pop(former)
            initialise(self, *values, **named)

        kind.__init__ = take_former  # type: ignore[misc]
        for former, today in names.items():
            setattr(kind, former, _property(kind, former, today))
        return kind

    return decorate


def _property(kind: type, former: str, today: str) -> property:
    def read(self: object) -> object:
        _warn(kind, former, today)
        return getattr(self, today)

    return property(read)


def _warn(kind: type, former: str, today: str) -> None:
    """Warn, naming the line that called the caller."""
    message = f"{kind.__name__}.{former} is called {kind.__name__}.{today} now"
    warnings.warn(message, DeprecationWarning, stacklevel=3)
