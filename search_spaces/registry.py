"""Implementations by name: built-in, or offered by installed packages as entry points.

A third-party package offers one in its ``pyproject.toml``::

    [project.entry-points."proxyless.runtimes"]
    my-engine = "my_package.engine:MyRuntime"

and its name is then valid wherever a built-in name is, without a change here.

``proxyless.distributed.registry`` is the same for that library, which imports nothing of the
rest of the project; ``tests/test_registries.py`` holds both to the same behaviour.
"""

import logging
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

from .errors import InputError

T = TypeVar("T")

logger = logging.getLogger("proxyless.plugins")


class Registry:
    """Names of one kind of implementation; each is imported when it is loaded.

    Args:
        kind: the noun for them in messages, such as "runtime".
        group: the entry-point group of packages that offer them, such as "proxyless.runtimes".
        builtin: the built-in ones by name, as "package.module:Name".
    """

    def __init__(self, kind: str, group: str, builtin: Mapping[str, str]) -> None:
        self.kind, self.group = kind, group
        self._builtin = {name: EntryPoint(name, value, group) for name, value in builtin.items()}

    def names(self) -> tuple[str, ...]:
        """Return every name: the built-in ones, then those of installed packages, sorted."""
        return (*self._builtin, *sorted(self._offered))

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __len__(self) -> int:
        return len(self.names())

    def __contains__(self, name: object) -> bool:
        return name in self.names()

    def check(self, name: str) -> None:
        """Refuse a name that is not registered.

        Raises:
            InputError: the name is unknown, or several packages offer it.
        """
        self._entry(name)

    def load(self, name: str, base: type[T]) -> type[T]:
        """Import and return the class called ``name``, a subclass of ``base``.

        Raises:
            InputError: the name is unknown, the import fails, or it is not a subclass.
        """
        entry = self._entry(name)
        implementation = self._import(entry)
        if not (isinstance(implementation, type) and issubclass(implementation, base)):
            raise InputError(
                f"{self.kind} {name!r} of {_package(entry)} is no subclass of {base.__module__}."
                f"{base.__qualname__}: mend or uninstall that package"
            )
        return implementation

    def load_object(self, name: str) -> Any:
        """Import and return the object called ``name``; the caller checks its type.

        Raises:
            InputError: the name is unknown, or the import fails.
        """
        return self._import(self._entry(name))

    @cached_property
    def _offered(self) -> dict[str, list[EntryPoint]]:
        """Entry points of installed packages by name; a built-in name is skipped with a warning."""
        offered: dict[str, list[EntryPoint]] = {}
        for entry in entry_points(group=self.group):
            if entry.name in self._builtin:
                logger.warning(
                    "%s %r of %s is left out: a built-in one has that name",
                    self.kind,
                    entry.name,
                    _package(entry),
                )
            else:
                offered.setdefault(entry.name, []).append(entry)
        return offered

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
            return entry.load()  # an error in built-in code is a bug and is not caught
        try:
            return entry.load()
        except Exception as error:  # an import of third-party code can raise anything
            reason = f"{type(error).__name__}: {error}"
            raise InputError(
                f"{self.kind} {entry.name!r} of {_package(entry)} cannot be imported "
                f"({reason.splitlines()[0]}): mend or uninstall that package"
            ) from error


def _package(entry: EntryPoint) -> str:
    """Return name and version of the package that offers an entry point."""
    if entry.dist is None:
        return entry.value.partition(":")[0]
    return f"{entry.dist.name} {entry.dist.version}"
