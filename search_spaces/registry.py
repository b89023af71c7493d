"""Implementations by name: our own, and those that installed packages offer as entry points.

A package of somebody else's offers one in its ``pyproject.toml``::

    [project.entry-points."proxyless.runtimes"]
    my-engine = "my_package.engine:MyRuntime"

and it can be named wherever ours can: nothing of ours has to change.
"""

import logging
from collections.abc import Mapping
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

from .errors import InputError

T = TypeVar("T")

logger = logging.getLogger("proxyless.plugins")


class Registry:
    """Names of one kind of thing, each imported when it is loaded.

    Args:
        kind: what the things are, in sentences: "runtime".
        group: the group of entry points that packages offer theirs in: "proxyless.runtimes".
        builtin: our own, by name, as "package.module:Name".
    """

    def __init__(self, kind: str, group: str, builtin: Mapping[str, str]) -> None:
        self.kind, self.group = kind, group
        self._builtin = {name: EntryPoint(name, value, group) for name, value in builtin.items()}

    def names(self) -> tuple[str, ...]:
        """Return every name: our own first, then those of installed packages by alphabet."""
        return (*self._builtin, *sorted(self._offered))

    def check(self, name: str) -> None:
        """Refuse a name that nothing has.

        Raises:
            InputError: there is no such thing, or several packages call theirs so.
        """
        self._entry(name)

    def load(self, name: str, base: type[T]) -> type[T]:
        """Import and return the class called ``name``, a subclass of ``base``.

        Raises:
            InputError: nothing is called so, it cannot be imported, or it is no such class.
        """
        entry = self._entry(name)
        found = self._import(entry)
        if not (isinstance(found, type) and issubclass(found, base)):
            raise InputError(
                f"{self.kind} {name!r} of {_package(entry)} is no subclass of {base.__module__}."
                f"{base.__qualname__}: mend or uninstall that package"
            )
        return found

    def load_object(self, name: str) -> Any:
        """Import and return whatever is called ``name``, for a caller that checks it itself.

        Raises:
            InputError: nothing is called so, or it cannot be imported.
        """
        return self._import(self._entry(name))

    @cached_property
    def _offered(self) -> dict[str, list[EntryPoint]]:
        """What installed packages offer, by name; names of ours stay ours, and that is said."""
        found: dict[str, list[EntryPoint]] = {}
        for entry in entry_points(group=self.group):
            if entry.name in self._builtin:
                logger.warning(
                    "%s %r of %s is left out: a built-in one has that name",
                    self.kind,
                    entry.name,
                    _package(entry),
                )
            else:
                found.setdefault(entry.name, []).append(entry)
        return found

    def _entry(self, name: str) -> EntryPoint:
        if name in self._builtin:
            return self._builtin[name]
        entries = self._offered.get(name, [])
        if not entries:
            raise InputError(
                f"there is no {self.kind} {name!r}: choose one of {', '.join(self.names())}"
            )
        if len({entry.value for entry in entries}) > 1:
            packages = " and ".join(sorted(map(_package, entries)))
            raise InputError(
                f"{self.kind} {name!r} is offered by {packages}: uninstall all but one of them"
            )
        return entries[0]

    def _import(self, entry: EntryPoint) -> Any:
        if entry.name in self._builtin:
            return entry.load()  # a fault there is ours, and may show itself
        try:
            return entry.load()
        except Exception as error:  # whatever a stranger's module raises when it is imported
            reason = f"{type(error).__name__}: {error}"
            raise InputError(
                f"{self.kind} {entry.name!r} of {_package(entry)} cannot be imported "
                f"({reason.splitlines()[0]}): mend or uninstall that package"
            ) from error


def _package(entry: EntryPoint) -> str:
    """Return the package that offers an entry point, with its version."""
    if entry.dist is None:
        return entry.value.partition(":")[0]
    return f"{entry.dist.name} {entry.dist.version}"
