"""Options made of configurations: a field's option is named, documented and checked by the field.

A verb whose function takes ``sources: ConfigSources`` and is decorated with
``configured(SearchConfig)`` has an option for every documented field of that dataclass and of those
within it, and ``--config``.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, is_dataclass
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin, get_type_hints

import typer
from pydantic import BeforeValidator

from search_spaces.fields import Declared, declared, written

from ..config.quantity import WRITTEN_SHORT
from .config_sources import ConfigSources
from .group import options_of_fields
from .plugins import with_names

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

CONFIG = typer.Option(
    "--config",
    metavar="FILE",
    help="Settings from a TOML file, or from the config.json of a run; options override them.",
    show_default=False,
)
SOURCES = "sources"
"""The parameter of a verb that gets what files and options give."""

Verb = Callable[..., None]


@dataclass(frozen=True)
class ConfigOption:
    """The option of one field.

    Attributes:
        path: names of fields, from the configuration down to this one.
        field: what its annotation says.
        default: what it is where nobody says.
        section: the heading it stands under in the help.
        per_device: whether it may be given several times, once for each of several devices.
        shows_default: whether the help says the default.
    """

    path: tuple[str, ...]
    field: Declared
    default: object
    section: str
    per_device: bool
    shows_default: bool

    @property
    def name(self) -> str:
        """What the value is called: the option as a Python name."""
        return self.field.option.lstrip("-").replace("-", "_")

    def parameter(self) -> inspect.Parameter:
        """Return what typer makes the option of; None means that it was not given."""
        kind = _without_none(self.field.kind)
        read_later = any(isinstance(extra, BeforeValidator) for extra in self.field.attached)
        listed = get_origin(kind) is tuple
        element: Any = get_args(kind)[0] if listed else str if read_later else kind
        several = listed or self.per_device
        flag = self.field.option
        option = typer.Option(
            f"{flag}/{self.field.negative_option}" if element is bool else flag,
            help=self.field.meaning + self._shown_default(),
            metavar=self._metavar(element),
            show_default=False,
            rich_help_panel=self.section,
        )
        optional: Any = (list[element] if several else element) | None
        option.bounds = self.field.ranges
        return _optional_parameter(self.name, Annotated[optional, option])

    def _metavar(self, element: object) -> str | None:
        if self.field.choices:
            return f"[{'|'.join(self.field.choices)}]"
        if WRITTEN_SHORT in self.field.attached:
            return "AMOUNT"
        words: dict[object, str] = {int: "INTEGER", float: "NUMBER"}
        return None if element is bool else words.get(element, "TEXT")

    def _shown_default(self) -> str:
        if (
            not self.shows_default
            or self.default is None
            or isinstance(self.default, bool)
            or self.default in ("", ())
        ):
            return ""
        shown = self.default if isinstance(self.default, str) else written(self.default)
        return f" [default: {shown}]"


@dataclass(frozen=True)
class Presentation:
    """How a verb shows the fields of its configuration.

    Attributes:
        left_out: fields, or dotted paths, that get no option.
        sections: headings in the help, by dotted path of the dataclass.
        hidden_defaults: dotted paths of fields, or of dataclasses, whose defaults are not what the
            verb goes by.
    """

    left_out: Sequence[str] = ()
    sections: Mapping[str, str] = field(default_factory=dict)
    hidden_defaults: Sequence[str] = ()

    def leaves_out(self, path: tuple[str, ...]) -> bool:
        """Whether a field gets no option."""
        return path[-1] in self.left_out or ".".join(path) in self.left_out

    def shows_default(self, path: tuple[str, ...]) -> bool:
        """Whether the help says the default of a field."""
        parts = (tuple(hidden.split(".")) for hidden in self.hidden_defaults)
        return not any(path[: len(part)] == part for part in parts)

    def section(self, path: tuple[str, ...]) -> str:
        """Return the heading that a field stands under."""
        return self.sections.get(".".join(path[:-1]), "Options")


EVERYTHING = Presentation()


def config_options(
    config: "type[DataclassInstance]", presentation: Presentation = EVERYTHING
) -> list[ConfigOption]:
    """Return the options of a configuration, in the order of its fields.

    Fields of dataclasses within it count; those of a tuple of them are options that may be given
    once for each.
    """
    return list(_options(config, None, (), presentation, per_device=False))


def _options(
    config: "type[DataclassInstance]",
    instance: object,
    parents: tuple[str, ...],
    presentation: Presentation,
    per_device: bool,
) -> Iterator[ConfigOption]:
    """Yield the options of a dataclass; defaults are an instance's, where there is one."""
    for declaration in declared(config):
        path, kind = (*parents, declaration.name), _without_none(declaration.kind)
        if presentation.leaves_out(path):
            continue
        default = declaration.default
        if instance is not None:
            default = getattr(instance, declaration.name)
        default = None if default is MISSING else default
        listed = get_origin(kind) is tuple and is_dataclass(get_args(kind)[0])
        inner = get_args(kind)[0] if listed else kind
        if isinstance(inner, type) and is_dataclass(inner):
            whole = default if is_dataclass(default) else None
            yield from _options(inner, whole, path, presentation, listed)
        elif declaration.meaning:
            section, shown = presentation.section(path), presentation.shows_default(path)
            yield ConfigOption(path, with_names(declaration), default, section, per_device, shown)


def configured(
    config: "type[DataclassInstance]",
    left_out: Sequence[str] = (),
    sections: Mapping[str, str] | None = None,
    hidden_defaults: Sequence[str] = (),
) -> Callable[[Verb], Verb]:
    """Give a verb an option for every documented field of a configuration.

    The arguments but the dataclass are those of :class:`Presentation`. The verb's parameter
    ``sources`` gets what was given, as :class:`ConfigSources`.
    """
    options = config_options(config, Presentation(left_out, sections or {}, hidden_defaults))
    assert len({option.name for option in options}) == len(options), "two fields want one option"

    def decorate(function: Verb) -> Verb:
        verb = _verb(config, options, function)
        verb.__name__, verb.__doc__ = function.__name__, function.__doc__
        verb.__module__ = function.__module__
        parameters = _parameters(options, function)
        verb.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        verb.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return options_of_fields(**{option.field.name: option.name for option in options})(verb)

    return decorate


def _verb(
    config: "type[DataclassInstance]", options: Sequence[ConfigOption], function: Verb
) -> Verb:
    """Return a function that takes options' values and hands them on as ``sources``."""
    paths = {option.name: option.path for option in options}

    def verb(**values: Any) -> None:
        by_option = {name: values.pop(name) for name in paths}
        options_given = {
            name: value for name, value in by_option.items() if value not in (None, [])
        }
        file = values.pop("config_file")
        sources = ConfigSources(config, paths, options_given, file, own=tuple(values))
        function(**{SOURCES: sources}, **values)

    return verb


def _parameters(options: Sequence[ConfigOption], function: Verb) -> list[inspect.Parameter]:
    """Return what typer shows of a verb: what it needs, its configuration, the rest."""
    hints = get_type_hints(function, include_extras=True)
    own = [
        parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in inspect.signature(function).parameters.items()
        if name != SOURCES
    ]
    needed = [parameter for parameter in own if parameter.default is inspect.Parameter.empty]
    others = [parameter for parameter in own if parameter.default is not inspect.Parameter.empty]
    generated = [option.parameter() for option in options]
    file = _optional_parameter("config_file", Annotated[Path | None, CONFIG])
    return [*needed, *generated, file, *others]


def _optional_parameter(name: str, annotation: object) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation
    )


def _without_none(kind: object) -> object:
    """Return a type without None beside it."""
    if get_origin(kind) in (tuple, list):
        return kind
    others = [member for member in get_args(kind) if member is not NoneType]
    return others[0] if others else kind
