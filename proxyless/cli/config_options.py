"""Options made of configurations: a field's option is named, documented and checked by the field.

A verb whose function takes ``given: Given`` and is decorated with ``configured(SearchConfig)`` has
an option for every documented field of that dataclass and of those within it, and ``--config``.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, is_dataclass, replace
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import typer
from pydantic import BeforeValidator

from search_spaces.fields import Declared, declared, written

from ..config.quantity import WRITTEN_SHORT
from .given import Given
from .group import speaks_of
from .plugins import with_names

CONFIG = typer.Option(
    "--config",
    metavar="FILE",
    help="Settings from a TOML file, or from the config.json of a run; options override them.",
    show_default=False,
)


@dataclass(frozen=True)
class ConfigOption:
    """The option of one field.

    Attributes:
        path: names of fields, from the configuration down to this one.
        field: what its annotation says.
        default: what it is where nobody says.
        flag: as ``--batch-size``.
        section: the heading it stands under in the help.
        once_a_device: whether it may be given several times, once for each of several devices.
        said: whether the help says the default.
    """

    path: tuple[str, ...]
    field: Declared
    default: object
    flag: str
    section: str
    once_a_device: bool
    said: bool

    @property
    def name(self) -> str:
        """What the value is called: the flag as a Python name."""
        return self.flag.lstrip("-").replace("-", "_")

    def parameter(self) -> inspect.Parameter:
        """Return what typer makes the option of; None means that it was not given."""
        kind = _plain(self.field.kind)
        read_later = any(isinstance(one, BeforeValidator) for one in self.field.attached)
        listed = get_origin(kind) is tuple
        element: Any = get_args(kind)[0] if listed else str if read_later else kind
        several = listed or self.once_a_device
        option = typer.Option(
            f"{self.flag}/--no-{self.flag[2:]}" if element is bool else self.flag,
            help=self.field.meaning + self._shown_default(),
            metavar=self._metavar(element),
            show_default=False,
            rich_help_panel=self.section,
        )
        optional: Any = (list[element] if several else element) | None
        return inspect.Parameter(
            self.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[optional, option],
        )

    def _metavar(self, element: Any) -> str | None:
        if self.field.choices:
            return f"[{'|'.join(self.field.choices)}]"
        if WRITTEN_SHORT in self.field.attached:
            return "AMOUNT"
        return None if element is bool else {int: "INTEGER", float: "NUMBER"}.get(element, "TEXT")

    def _shown_default(self) -> str:
        if (
            not self.said
            or self.default is None
            or isinstance(self.default, bool)
            or self.default in ("", ())
        ):
            return ""
        shown = self.default if isinstance(self.default, str) else written(self.default)
        return f" [default: {shown}]"


def config_options(
    config: Any,
    names: Mapping[str, str],
    left_out: Sequence[str],
    sections: Mapping[str, str],
    unsaid: Sequence[str],
) -> list[ConfigOption]:
    """Return the options of a configuration, in the order of its fields."""
    found = _options(config, None, (), names, left_out, sections, False)
    return [replace(one, said=not any(_is_in(one.path, path) for path in unsaid)) for one in found]


def _options(
    config: Any,
    made: object,
    path: tuple[str, ...],
    names: Mapping[str, str],
    left_out: Sequence[str],
    sections: Mapping[str, str],
    once_a_device: bool,
) -> Iterator[ConfigOption]:
    for one in declared(config):
        here, kind = (*path, one.name), _plain(one.kind)
        if one.name in left_out or ".".join(here) in left_out:
            continue
        default = _default(one) if made is None else getattr(made, one.name)
        listed = get_origin(kind) is tuple and is_dataclass(get_args(kind)[0])
        inner = get_args(kind)[0] if listed else kind
        if is_dataclass(inner):
            whole = default if is_dataclass(default) else None
            yield from _options(inner, whole, here, names, left_out, sections, listed)
        elif one.meaning:
            flag = names.get(".".join(here), names.get(one.name, one.name)).replace("_", "-")
            section = sections.get(".".join(path), "Options")
            yield ConfigOption(
                here, with_names(one), default, f"--{flag}", section, once_a_device, True
            )


def configured(
    config: Any,
    names: Mapping[str, str] | None = None,
    left_out: Sequence[str] = (),
    sections: Mapping[str, str] | None = None,
    unsaid: Sequence[str] = (),
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a verb an option for every documented field of a configuration.

    Args:
        config: the dataclass; fields of dataclasses within it count, those of a tuple of them are
            options that may be given once for each.
        names: options whose name is not the field's, by field or dotted path.
        left_out: fields, or dotted paths, that get no option.
        sections: headings in the help, by dotted path of the dataclass.
        unsaid: dotted paths of fields, or of dataclasses, whose defaults are not what the verb
            goes by.

    The verb's parameter ``given`` gets what was given, as :class:`Given`.
    """
    options = config_options(config, names or {}, left_out, sections or {}, unsaid)
    assert len({one.name for one in options}) == len(options), "two fields want the same option"
    paths = {one.name: one.path for one in options}

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        own = inspect.signature(function)
        hints = get_type_hints(function, include_extras=True)
        generated = [one.parameter() for one in options]
        generated.append(
            inspect.Parameter(
                "config_file",
                inspect.Parameter.KEYWORD_ONLY,
                default=None,
                annotation=Annotated[Path | None, CONFIG],
            )
        )
        kept = [
            parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
            for name, parameter in own.parameters.items()
            if name != "given"
        ]
        needed = [one for one in kept if one.default is inspect.Parameter.empty]
        others = [one for one in kept if one.default is not inspect.Parameter.empty]

        def verb(**values: Any) -> None:
            said = {name: values.pop(name) for name in paths}
            given = Given(
                config,
                paths,
                {name: value for name, value in said.items() if value not in (None, [])},
                values.pop("config_file"),
                tuple(values),
            )
            function(given=given, **values)

        parameters = [*needed, *generated, *others]
        verb.__name__, verb.__doc__ = function.__name__, function.__doc__
        verb.__module__ = function.__module__
        verb.__annotations__ = {one.name: one.annotation for one in parameters}
        verb.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return speaks_of(**{one.field.name: one.name for one in options})(verb)

    return decorate


def _is_in(path: tuple[str, ...], place: str) -> bool:
    parts = tuple(place.split("."))
    return path[: len(parts)] == parts


def _default(one: Declared) -> object:
    if one.field.default is not MISSING:
        return one.field.default
    if one.field.default_factory is not MISSING:
        return one.field.default_factory()
    return None


def _plain(kind: Any) -> Any:
    """Return a type without None beside it."""
    if get_origin(kind) in (tuple, list):
        return kind
    others = [one for one in get_args(kind) if one is not NoneType]
    return others[0] if others else kind
