"""Implementations by name: the built-in ones, and those that installed packages offer.

A package offers one in its ``pyproject.toml``::

    [project.entry-points."proxyless.codecs"]
    sign = "my_package.sign:Sign"

and it can be named wherever a built-in one can.

``search_spaces.registry`` is the same for the rest of the project. It is written twice because this
library imports nothing of the rest; ``tests/test_registries.py`` holds both to the same behaviour.
"""

import logging
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import TypeVar

from .errors import DistributedError

LOG = logging.getLogger(__name__)
T = TypeVar("T")


class Registry:
    """The names of one kind of class, each of which is imported when it is loaded.

    Args:
        kind: what the classes are, in sentences: "codec".
        group: the group of entry points: "proxyless.codecs".
        builtin: the built-in ones by name, as "package.module:Class".
    """

    def __init__(self, kind: str, group: str, builtin: Mapping[str, str]) -> None:
        self.kind, self.group = kind, group
        self.builtin = {name: EntryPoint(name, value, group) for name, value in builtin.items()}

    def names(self) -> tuple[str, ...]:
        """Return every name: the built-in ones first, then the others in alphabetical order."""
        return (*self.builtin, *sorted(self._offered))

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __len__(self) -> int:
        return len(self.names())

    def __contains__(self, name: object) -> bool:
        return name in self.names()

    def load(self, name: str, base: type[T]) -> type[T]:
        """Import and return the class called ``name``.

        Raises:
            DistributedError: there is none, or two; or it cannot be imported, is no ``base``, or
                leaves abstract methods of it out.
        """
        implementation = self._import(self._entry(name))
        if not (isinstance(implementation, type) and issubclass(implementation, base)):
            raise self._fault(name, f"is no subclass of {base.__module__}.{base.__qualname__}")
        if missing := _missing_methods(implementation):
            raise self._fault(name, f"lacks {missing}")
        return implementation

    @cached_property
    def _offered(self) -> dict[str, list[EntryPoint]]:
        """What installed packages offer, by name; a built-in name stays the built-in one's."""
        found: dict[str, list[EntryPoint]] = {}
        for entry in entry_points(group=self.group):
            if entry.name in self.builtin:
                LOG.warning(
                    "%s %r of %s is left out: a built-in one has that name",
                    self.kind,
                    entry.name,
                    _package(entry),
                )
            else:
                found.setdefault(entry.name, []).append(entry)
        return found

    def _fault(self, name: str, what: str) -> DistributedError:
        package = _package(self._entry(name))
        return DistributedError(
            f"{self.kind} {name!r} of {package} {what}: mend or uninstall that package"
        )

    def _entry(self, name: str) -> EntryPoint:
        if name in self.builtin:
            return self.builtin[name]
        entries = self._offered.get(name, [])
        if not entries:
            raise DistributedError(
                f"there is no {self.kind} {name!r}: choose one of {', '.join(self.names())}, or "
                "install the package that offers it"
            )
        if len({entry.value for entry in entries}) > 1:
            packages = " and ".join(sorted(map(_package, entries)))
            raise DistributedError(
                f"{self.kind} {name!r} is offered by {packages}: uninstall all but one of them"
            )
        return entries[0]

    def _import(self, entry: EntryPoint) -> object:
        if EntryPoint.pattern.match(entry.value) is None:
            raise self._fault(entry.name, f'is {entry.value!r}, which is not "package.module:Name"')
        try:
            return entry.load()
        except (Exception, SystemExit) as error:  # another's module raises whatever it likes
            if entry.name in self.builtin:
                raise  # a fault of our own is not dressed up
            what = f"cannot be imported ({_described(error)})"
            raise self._fault(entry.name, what) from error


def _missing_methods(found: type) -> str:
    """Return what a class leaves abstract, as words; nothing for most."""
    methods = getattr(found, "__abstractmethods__", ())
    return ", ".join(f"`{method}`" for method in sorted(methods))


def _described(error: BaseException) -> str:
    """Return the type of an error, and the first line of its message if it has one."""
    kind, lines = type(error).__name__, str(error).strip().splitlines()
    return f"{kind}: {lines[0]}" if lines else kind


def _package(entry: EntryPoint) -> str:
    """Return the distribution that offers an entry point, with its version."""
    if entry.dist is None:
        return entry.value.partition(":")[0]
    return f"{entry.dist.name} {entry.dist.version}"
