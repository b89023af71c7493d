"""Classes that public things speak of in their annotations: readers need their fields, too."""

from collections.abc import Iterable, Iterator
from dataclasses import is_dataclass
from inspect import get_annotations, isclass, isfunction
from typing import get_args, get_type_hints

from search_spaces.fields import declared


def mentioned(things: Iterable[object], packages: tuple[str, ...]) -> list[type]:
    """Return the classes of ``packages`` that ``things`` lead to, themselves left out."""
    seen = list(things)
    given = len(seen)
    for thing in seen:  # grows as it goes
        for kind in kinds(thing):
            if kind.__module__.split(".")[0] in packages and kind not in seen:
                seen.append(kind)
    return [kind for kind in seen[given:] if isclass(kind)]


def kinds(thing: object) -> Iterator[type]:
    """Yield the classes in the annotations of a function, or of a class's public attributes."""
    if isclass(thing):
        for name, value in vars(thing).items():
            if isinstance(value, property):
                value = value.fget
            elif isinstance(value, classmethod | staticmethod):
                value = value.__func__
            if isfunction(value) and (not name.startswith("_") or name == "__init__"):
                yield from kinds(value)
    if isclass(thing) or isfunction(thing):
        for name, annotation in get_annotations(thing).items():
            if not name.startswith("_"):
                yield from classes(annotation)


def classes(annotation: object) -> Iterator[type]:
    """Yield the classes that an annotation is made of."""
    if isclass(annotation) and not get_args(annotation):
        yield annotation
    for part in get_args(annotation):
        yield from classes(part)


def leave_out_checks(kind: type) -> None:
    """Replace a class's annotations by the types in them; what fields mean is remembered."""
    if is_dataclass(kind) and "Doc(" in str(get_annotations(kind)):
        declared(kind)
    properties = [value.fget for value in vars(kind).values() if isinstance(value, property)]
    for holder in (kind, kind.__init__, *properties):
        if "Annotated[" in str(own := getattr(holder, "__annotations__", {})):
            hints = get_type_hints(holder)
            holder.__annotations__ = {name: hints[name] for name in own}
