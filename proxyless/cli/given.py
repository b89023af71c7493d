"""What was given of a configuration: by a file, by options, by what a verb knows already."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import MISSING, dataclass, is_dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

from search_spaces.errors import InputError
from search_spaces.fields import declared
from search_spaces.schema import dump, parse, read_json

Plain = dict[str, Any]
DEVICES = "devices"


@dataclass(frozen=True)
class Given:
    """Values by the names of options, and the file that ``--config`` names.

    ``paths`` says which field each option fills. A file holds fields as a run's config.json nests
    them, or, at its top, options by their names.
    """

    config: Any
    paths: Mapping[str, tuple[str, ...]]
    options: Mapping[str, Any]
    file: Path | None

    def resolve(self, base: Plain | None = None, over: Plain | None = None) -> Any:
        """Return the configuration.

        Later ones win: the dataclass's defaults, ``base``, the file, the options, ``over``.

        Raises:
            InputError: the file cannot be read, or a value is wrong.
        """
        plain = _defaults(self.config)
        for layer in (base or {}, self.from_file):
            _merge(plain, deepcopy(layer))
        for name, value in self.options.items():
            path = self.paths[name]
            if path[0] != DEVICES:
                _put(plain, path, value)
        if DEVICES in plain or any(path[0] == DEVICES for path in self.paths.values()):
            plain[DEVICES] = self._devices(plain.get(DEVICES) or [{}])
        _merge(plain, over or {})
        try:
            return parse(self.config, plain, "")
        except InputError as error:
            raise self._placed(str(error)) from None

    def under(self, field: str) -> Plain:
        """Return what the file and the options give of the dataclass in one field."""
        found = deepcopy(self.from_file.get(field) or {})
        for name in self.names_under(field):
            _put(found, self.paths[name][1:], self.options[name])
        return found

    def names_under(self, field: str) -> list[str]:
        """Return the options given that fill the dataclass in one field."""
        return [name for name in self.options if self.paths[name][0] == field]

    @cached_property
    def from_file(self) -> Plain:
        """What the file says, nested as the configuration is; nothing without a file."""
        if self.file is None:
            return {}
        content = _read(self.file)
        fields = {one.name for one in declared(self.config)}
        plain = {name: value for name, value in content.items() if name in fields}
        for name in content.keys() - fields:
            if name not in self.paths:
                near = get_close_matches(name, [*fields, *self.paths], 1)
                mend = f": did you mean {near[0]}?" if near else ""
                raise InputError(f"{self.file} sets {name}, which there is not{mend}")
            path = self.paths[name]
            if path[0] == DEVICES:
                devices = plain.setdefault(DEVICES, [{}])
                for device in devices:
                    device.setdefault(path[1], content[name])
            else:
                _put(plain, path, content[name])
        return plain

    def _devices(self, devices: Sequence[Plain]) -> list[Plain]:
        """Return the devices with what options say of them: once for all, or once a device."""
        lists = {
            name: value for name, value in self.options.items() if self.paths[name][0] == DEVICES
        }
        counts = {name: len(values) for name, values in lists.items()}
        longest = max(counts, key=lambda name: counts[name]) if counts else None
        count = max(len(devices), counts[longest] if longest else 1)
        for name, number in counts.items():
            if number not in (1, count):
                other = (
                    f"`{longest}` {counts[longest]} times"
                    if longest and counts[longest] == count
                    else f"there are {count} devices"
                )
                raise InputError(
                    f"`{name}` was given {number} times and {other}: give each once for all "
                    "devices, or once a device"
                )
        if len(devices) not in (1, count):
            raise InputError(
                f"{self.file} names {len(devices)} devices and `{longest}` was given {count} "
                "times: give each once for all devices, or once a device"
            )
        found = []
        for number in range(count):
            device = dict(devices[number if len(devices) > 1 else 0])
            for name, values in lists.items():
                device[self.paths[name][1]] = values[number if len(values) > 1 else 0]
            found.append(device)
        return found

    def _placed(self, sentence: str) -> InputError:
        """Say that it is the file that is wrong, unless an option is."""
        said = any(f"`{self.paths[name][-1]}`" in sentence for name in self.options)
        if self.file is None or said:
            return InputError(sentence)
        return InputError(f"{self.file}: {sentence.replace('`', '')}")


def _read(file: Path) -> Plain:
    if file.suffix == ".json":
        content = read_json(file, "configuration")
    else:
        try:
            content = tomllib.loads(file.read_text())
        except FileNotFoundError:
            raise InputError(f"configuration {file} does not exist") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputError(f"configuration {file} is not valid TOML: {error}") from None
    if not isinstance(content, dict):
        raise InputError(f"configuration {file} holds {json.dumps(content)[:40]}, not settings")
    return content


def _defaults(config: Any) -> Plain:
    """Return the defaults of the dataclasses within a configuration, as plain data."""
    found: Plain = {}
    for one in declared(config):
        if is_dataclass(one.kind):
            made = one.field.default_factory
            found[one.name] = dump(made()) if made is not MISSING else _defaults(one.kind)
    return found


def _merge(plain: Plain, more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        if isinstance(value, Mapping) and isinstance(plain.get(name), dict):
            _merge(plain[name], value)
        else:
            plain[name] = value


def _put(plain: Plain, path: tuple[str, ...], value: Any) -> None:
    for name in path[:-1]:
        if not isinstance(plain.get(name), dict):
            plain[name] = {}
        plain = plain[name]
    plain[path[-1]] = value
