"""The file that ``--config`` names: read, recognised, and brought into a configuration's shape."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_origin

from search_spaces.errors import InputError
from search_spaces.fields import declared
from search_spaces.outside import parse_toml, read_text
from search_spaces.schema import read_json

from ..runs.former_names import former_names_in, with_current_names
from .console import print_message

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Plain = dict[str, Any]
DEVICES = "devices"
SYNC = "sync"


@dataclass(frozen=True)
class SettingsFile:
    """A file's settings: ``fields`` nested as the configuration is, ``devices`` by options' names.

    A file holds fields as a run's config.json nests them, or options by their names. ``sync`` is
    the word it may have in place of a table.
    """

    fields: Plain
    devices: dict[str, list[object]]
    sync: str | None = None

    @classmethod
    def read(
        cls,
        file: Path,
        config: "type[DataclassInstance]",
        paths: Mapping[str, tuple[str, ...]],
        own: tuple[str, ...] = (),
    ) -> "SettingsFile":
        """Read a TOML file, or a JSON file.

        Args:
            file: its path.
            config: the dataclass that it is about.
            paths: which field each option fills.
            own: options of the verb that fill none.

        Raises:
            InputError: it cannot be read, sets something that there is not, or sets it twice.
        """
        content = _today(
            file, {name.replace("-", "_"): value for name, value in _content(file).items()}
        )
        shapes = {field.name: _shape(field.kind) for field in declared(config)}
        fields = {
            name: value
            for name, value in content.items()
            if name in shapes and not _is_option(value, shapes[name], name in paths or name == SYNC)
        }
        for name, value in fields.items():
            _check_shape(file, name, value, shapes[name])
        word = content[SYNC] if isinstance(content.get(SYNC), str) else None
        settings = cls(fields, {}, word)
        for name in [name for name in content if name not in fields and name != SYNC]:
            if name in own:
                option = name.replace("_", "-")
                raise InputError(
                    f"{file} sets {name}, which only the command line does: --{option}"
                )
            settings._put(file, name, content[name], {*shapes, *paths}, paths)
        return settings

    def _put(
        self,
        file: Path,
        name: str,
        value: object,
        known: set[str],
        paths: Mapping[str, tuple[str, ...]],
    ) -> None:
        """Put a value that stands under an option's name into the field that the option fills."""
        if name not in paths:
            near = get_close_matches(name, sorted(known), 1)
            mend = f": did you mean {near[0]}?" if near else ", as this verb knows it"
            raise InputError(f"{file} sets {name}, which there is not{mend}")
        *parents, last = paths[name]
        if parents == [DEVICES]:
            if any(last in device for device in self.fields.get(DEVICES, [])):
                raise InputError(f"{file} sets {name} twice: at its top, and of a device")
            self.devices[name] = value if isinstance(value, list) else [value]
            return
        place = self.fields
        for parent in parents:
            place = place.setdefault(parent, {})
        if last in place:
            raise InputError(f"{file} sets {name} twice: at its top, and in {'.'.join(parents)}")
        place[last] = value


def _today(file: Path, content: Plain) -> Plain:
    """Return content with today's names; say so where the user wrote former ones."""
    try:
        former = former_names_in(content)
    except InputError as error:
        raise InputError(f"{file}: {error}") from None
    if former and file.suffix != ".json":
        names = ", ".join(f"{name} is called {now} now" for name, now in former.items())
        print_message(f"{file} has names of the last release, which will go in the next: {names}")
    today: Plain = with_current_names(content)
    return today


def _content(file: Path) -> Plain:
    if file.suffix == ".json":
        content = read_json(file, "configuration")
    else:
        content = parse_toml(read_text(file, "configuration"), f"configuration {file}")
    if not isinstance(content, dict):
        raise InputError(f"configuration {file} holds {json.dumps(content)[:40]}, not settings")
    return content


def _shape(kind: object) -> str:
    """Return what a field's value looks like: "table", "tables" (a list of them), or "value"."""
    if get_origin(kind) is tuple:
        return "tables" if is_dataclass(get_args(kind)[0]) else "value"
    return "table" if any(map(is_dataclass, (kind, *get_args(kind)))) else "value"


def _is_option(value: object, shape: str, named: bool) -> bool:
    """Whether a field's name is meant as the option of that name: ``space = "tiny"``."""
    return named and shape == "table" and value is not None and not isinstance(value, dict)


def _check_shape(file: Path, name: str, value: object, shape: str) -> None:
    right = {
        "value": True,
        "table": value is None or isinstance(value, dict),
        "tables": isinstance(value, list) and all(isinstance(item, dict) for item in value),
    }
    if not right[shape]:
        form = f"[{name}]" if shape == "table" else f"[[{name}]]"
        raise InputError(f"{file} sets {name} to {value!r:.40}, which is no table: write {form}")
