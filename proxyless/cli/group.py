"""Groups of commands that are imported when they are run; commands whose errors name options."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup

from search_spaces.errors import InputError

from ..distributed.errors import DistributedError
from ..runs.former_names import FIELDS, VALUES
from .errors import exit_with_error

if TYPE_CHECKING:
    from .values import Taken

KINDS = {"<path>": "PATH", "<str>": "TEXT", "<int>": "INTEGER", "<float>": "NUMBER"}
FIELD = re.compile(r"`([a-z][a-z_]*)`")


@dataclass(frozen=True)
class Lazy:
    """Where a command is, as ``module:attribute``, and what it does, in a line."""

    place: str
    line: str

    def load(self, name: str) -> Any:
        """Import the command."""
        module, _, attribute = self.place.partition(":")
        command = getattr(import_module(module), attribute)
        return typer.main.get_command(
            command if isinstance(command, typer.Typer) else alone(command)
        )


class LazyGroup(TyperGroup):
    """A group that knows its commands by name and line, and imports the one that is asked for."""

    lazy: ClassVar[Mapping[str, Lazy]] = {}

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names in order."""
        return list(self.lazy)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of a name; None where there is none."""
        if cmd_name not in self.commands and cmd_name in self.lazy:
            command = self.lazy[cmd_name].load(cmd_name)
            command.name = cmd_name
            self.commands[cmd_name] = command
        return self.commands.get(cmd_name)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find a command; a name that is none is answered with what is near it."""
        if args[0] not in self.lazy and not args[0].startswith("-"):
            self.commands.update({name: self.get_command(ctx, name) for name in self.lazy})
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command asked for; after Ctrl-C, also while it is imported, say how to go on."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:  # before typer ends without a word
            exit_with_error("interrupted: profile, search and train continue when given again", 130)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write every command's line, whole, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.line) for name, command in self.lazy.items()])


class Verb(TyperCommand):
    """One command: options in sections, errors in terms of options, old names with a warning."""

    renamed: Mapping[str, str] = {}
    fields: Mapping[str, str] = {}
    taken: Mapping[str, "Taken"] = {}

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        for parameter in self.params:
            setattr(parameter, "process_value", self._checked(parameter))  # noqa: B010

    def _checked(self, parameter: Any) -> Callable[[Any, Any], Any]:
        """Return the parameter's conversion of values, between checks of text and of range."""
        from .values import ANYTHING  # with a verb, not with the help

        taken, name = self.taken.get(parameter.name, ANYTHING), _name(parameter)
        process_value = parameter.process_value

        def process(ctx: Any, value: Any) -> Any:
            taken.check_text(name, value)
            converted = process_value(ctx, value)
            taken.check_range(name, converted)
            return converted

        return process

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take options by the names they had a release ago, too, and say so."""
        return super().parse_args(ctx, list(self._today(args)))

    def former_options(self) -> dict[str, str]:
        """Return what options of this verb were called in the last release, and are now."""
        own = {option for parameter in self.params for option in parameter.opts}
        fields = {former: now for former, now in FORMER_OPTIONS.items() if now in own}
        return {**fields, **self.renamed}

    def _today(self, args: Sequence[str]) -> Iterator[str]:
        """Yield arguments with today's names of options, and of their values."""
        renamed = self.former_options()
        before = ""
        for argument in args:
            if not argument.startswith("--"):
                yield _renamed(argument, FORMER_VALUES.get(before, {}))
                before = ""
                continue
            name, equals, value = argument.partition("=")
            before = _renamed(name, renamed)
            yield before + equals + _renamed(value, FORMER_VALUES.get(before, {}))

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Write arguments in capitals alone, as RUN or [OTHER]."""
        return [re.sub("[{}]", "", piece) for piece in super().collect_usage_pieces(ctx)]

    def invoke(self, ctx: Any) -> Any:
        """Run it; errors of the library name its fields, and here the options that filled them."""
        try:
            return super().invoke(ctx)
        except (InputError, DistributedError) as error:
            raise InputError(self.in_options(str(error))) from error

    def in_options(self, sentence: str) -> str:
        """Return a sentence with options' names instead of fields'."""
        names = {parameter.name: _name(parameter) for parameter in self.params} | dict(self.fields)
        return FIELD.sub(lambda match: names.get(match[1], match[0]), sentence)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write options under the heading they were declared with."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                kind = "Arguments" if parameter.param_type_name == "argument" else "Options"
                panel = getattr(parameter, "rich_help_panel", None) or kind
                sections.setdefault(panel, []).append((_readable(record[0]), record[1]))
        last = sections.pop("Options", [])
        for title, records in {**sections, "Options": last}.items():
            with formatter.section(title):
                formatter.write_dl(records)


def alone(function: Callable[..., None]) -> typer.Typer:
    """Return an application of one command, which is what typer makes commands of."""
    from .values import taken_by  # with a verb, not with the help

    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    known: dict[str, Any] = {
        name: getattr(function, f"{name}_options", {}) for name in ("renamed", "fields")
    }
    known["taken"] = taken_by(function)
    app.command(cls=type("Verb", (Verb,), known))(function)
    return app


def renames(**names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Let a verb take options by their old names: ``renames(latency_batch="batch")``.

    Options of fields that were renamed everywhere are taken without that: ``former_names.FIELDS``.
    """

    def mark(function: Callable[..., None]) -> Callable[..., None]:
        options = {_option(old): _option(new) for old, new in names.items()}
        function.renamed_options = options  # type: ignore[attr-defined]
        return function

    return mark


def options_of_fields(**fields: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Say which option fills a field of another name: ``(step_seconds="step_ms")``."""

    def mark(function: Callable[..., None]) -> Callable[..., None]:
        known = getattr(function, "fields_options", {})
        function.fields_options = known | {  # type: ignore[attr-defined]
            field: _option(option) for field, option in fields.items()
        }
        return function

    return mark


def group(name: str, line: str, commands: Mapping[str, Lazy]) -> typer.Typer:
    """Return an application of commands that are imported when they are needed."""
    kind = type("Commands", (LazyGroup,), {"lazy": commands})
    app = typer.Typer(
        name=name,
        help=line,
        cls=kind,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(lambda: None)
    return app


def _renamed(name: str, now: Mapping[str, str]) -> str:
    """Return what a name is called today; where that is another, say so."""
    if name not in now:
        return name
    from .console import print_message

    print_message(f"{name} is called {now[name]} now, and will go in the next release")
    return now[name]


def _readable(declaration: str) -> str:
    """Return an option with the kind of its value in capitals, whatever release typer is of."""
    for shown, kind in KINDS.items():
        declaration = declaration.replace(shown, kind)
    return declaration


def _name(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper()).strip("[].")
    return str(parameter.opts[0])


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


FORMER_OPTIONS = {_option(former): _option(now) for former, now in FIELDS.items()}
"""What options were called in the last release."""
FORMER_VALUES = {_option(field): former for field, former in VALUES.items()}
"""What values of options were called in the last release, by option."""
