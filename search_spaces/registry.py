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
from contextlib import contextmanager
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

from .errors import InputError, reason

T = TypeVar("T")

logger = logging.getLogger("proxyless.plugins")


class PackageError(InputError):
    """What an installed package offers cannot be used, and the package is to blame."""


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
        self._said: set[str] = set()

    def names(self) -> tuple[str, ...]:
        """Return every name: the built-in ones, then those of installed packages, sorted."""
        return (*self._builtin, *sorted(self._offered))

    def is_built_in(self, name: str) -> bool:
        """Return whether a name is one of ours."""
        return name in self._builtin

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
        """Import and return the class called ``name``, a complete subclass of ``base``.

        Raises:
            InputError: the name is unknown, the import fails, it is not a subclass, or it leaves
                abstract methods of ``base`` out.
        """
        implementation = self._import(self._entry(name))
        if not (isinstance(implementation, type) and issubclass(implementation, base)):
            raise self.fault(name, f"is no subclass of {base.__module__}.{base.__qualname__}")
        if missing := _missing_methods(implementation):
            raise self.fault(name, f"lacks {missing}")
        return implementation

    def create(self, name: str, base: type[T]) -> T:
        """Return a new object of the class called ``name``, which is made without arguments.

        Raises:
            InputError: as for :meth:`load`, or the class of a package cannot be made.
        """
        implementation = self.load(name, base)
        with self.blaming(name, "cannot be made"):
            return implementation()

    def load_object(self, name: str) -> Any:
        """Import and return the object called ``name``; the caller checks its type.

        Raises:
            InputError: the name is unknown, or the import fails.
        """
        return self._import(self._entry(name))

    def fault(self, name: str, what: str) -> PackageError:
        """Return the error for something wrong with ``name``, as "is no class": names its package.

        A name that is not registered, or twice, is an error of its own.
        """
        package = _package(self._entry(name))
        return PackageError(
            f"{self.kind} {name!r} of {package} {what}: mend or uninstall that package"
        )

    @contextmanager
    def blaming(self, name: str, what: str) -> Iterator[None]:
        """Turn whatever a package's code raises in this block into an error that names the package.

        Its own :class:`InputError` is kept. Errors of built-in code are bugs and are not caught.
        ``what`` says what failed, such as "cannot be imported".
        """
        try:
            yield
        except InputError:
            raise
        except (Exception, SystemExit) as error:
            if name in self._builtin:
                raise
            raise self.fault(name, f"{what} ({_described(error)})") from error

    def warn(self, message: str) -> None:
        """Log a warning about a name, once a process."""
        if message not in self._said:
            self._said.add(message)
            logger.warning("%s", message)

    @cached_property
    def _offered(self) -> dict[str, list[EntryPoint]]:
        """Entry points of installed packages by name; a built-in name is skipped with a warning."""
        offered: dict[str, list[EntryPoint]] = {}
        for entry in entry_points(group=self.group):
            if entry.name in self._builtin:
                self.warn(
                    f"{self.kind} {entry.name!r} of {_package(entry)} is left out: "
                    "a built-in one has that name"
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
                f"there is no {self.kind} {name!r}: choose one of {', '.join(self.names())}, or "
                "install the package that offers it"
            )
        if len({entry.value for entry in entries}) > 1:
            packages = " and ".join(sorted(map(_package, entries)))
            raise InputError(
                f"{self.kind} {name!r} is offered by {packages}: uninstall all but one of them"
            )
        return entries[0]

    def _import(self, entry: EntryPoint) -> Any:
        if EntryPoint.pattern.match(entry.value) is None:
            raise self.fault(entry.name, f'is {entry.value!r}, which is not "package.module:Name"')
        with self.blaming(entry.name, "cannot be imported"):
            return entry.load()


def _missing_methods(implementation: type) -> str:
    """Return the abstract methods that a class does not implement, as words; often none."""
    methods = getattr(implementation, "__abstractmethods__", ())
    return ", ".join(f"`{method}`" for method in sorted(methods))


def _described(error: BaseException) -> str:
    """Return type and first line of an error, or its type alone if it says nothing."""
    kind, line = type(error).__name__, reason(error)
    return kind if line == kind else f"{kind}: {line}"


def _package(entry: EntryPoint) -> str:
    """Return name and version of the package that offers an entry point."""
    if entry.dist is None:
        return entry.value.partition(":")[0]
    return f"{entry.dist.name} {entry.dist.version}"
