"""What was given of a configuration: by a file, by options, by what a verb knows already."""

import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import MISSING, dataclass, is_dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, get_args, get_origin

from search_spaces.errors import InputError
from search_spaces.fields import declared
from search_spaces.schema import dump, parse

from .plugins import check_names
from .settings_file import DEVICES, Plain, SettingsFile

FIELD = re.compile(r"`([a-z][a-z_]*)`")


@dataclass(frozen=True)
class Given:
    """Values by the names of options, and the file that ``--config`` names.

    ``paths`` says which field each option fills; ``own`` are the options of the verb that fill
    none, which no file can give.
    """

    config: Any
    paths: Mapping[str, tuple[str, ...]]
    options: Mapping[str, Any]
    file: Path | None
    own: tuple[str, ...] = ()

    @cached_property
    def from_file(self) -> SettingsFile:
        """What the file says; nothing without one."""
        if self.file is None:
            return SettingsFile({}, {})
        return SettingsFile.read(self.file, self.config, self.paths, self.own)

    def resolve(self, base: Plain | None = None, over: Plain | None = None) -> Any:
        """Return the configuration.

        Later ones win: the dataclass's defaults, ``base``, the file, the options, ``over``.

        Raises:
            InputError: the file cannot be read, or a value is wrong.
        """
        plain = _defaults(self.config)
        for layer in (base or {}, self.from_file.fields):
            _merge(plain, deepcopy(layer))
        for name, value in self.options.items():
            path = self.paths[name]
            if path[0] != DEVICES:
                _put(plain, path, value)
        if any(path[0] == DEVICES for path in self.paths.values()):
            plain[DEVICES] = self._devices(plain.get(DEVICES) or [{}])
        _merge(plain, over or {})
        for name in _lists(self.config):
            if isinstance(plain.get(name), str):
                plain[name] = [plain[name]]
        try:
            config = parse(self.config, plain, "")
            check_names(config)
            return config
        except InputError as error:
            raise self._placed(str(error)) from None

    def under(self, field: str) -> Plain:
        """Return what the file and the options give of the dataclass in one field."""
        found = deepcopy(self.from_file.fields.get(field) or {})
        for name in self.names_under(field):
            _put(found, self.paths[name][1:], self.options[name])
        return found

    def names_under(self, field: str) -> list[str]:
        """Return the options given that fill the dataclass in one field."""
        return [name for name in self.options if self.paths[name][0] == field]

    def _devices(self, devices: list[Plain]) -> list[Plain]:
        """Return the devices with what file and options say of them: once for all, or once each."""
        options = {name: self.options[name] for name in self.names_under(DEVICES)}
        lists = {**self._beside(self.from_file.devices, options), **options}
        counts = {f"`{name}` was given": len(values) for name, values in lists.items()}
        counts |= {f"{self.file} names": len(devices)} if len(devices) > 1 else {}
        most = max(counts, key=lambda name: counts[name], default="")
        for name, count in counts.items():
            if count not in (1, counts[most]):
                raise InputError(
                    f"{name} {count} times and {most.removesuffix(' was given')} {counts[most]} "
                    "times: give each once for all devices, or once a device"
                )
        found = []
        for number in range(counts[most] if counts else 1):
            device = devices[number if len(devices) > 1 else 0]
            device = self._beside(device, options)
            for name, values in lists.items():
                device[self.paths[name][1]] = values[number if len(values) > 1 else 0]
            found.append(device)
        return found

    def _beside(self, said: Mapping[str, Any], options: Mapping[str, Any]) -> Plain:
        """Return what a file says of a device without what options of another aim put aside."""
        kind = next(one.kind for one in declared(self.config) if one.name == DEVICES)
        aims = getattr(get_args(kind)[0], "AIMS", ())
        put_aside = set(aims) if options.keys() & set(aims) else set()
        return {name: value for name, value in said.items() if name not in put_aside}

    def _placed(self, sentence: str) -> InputError:
        """Say that it is the file that is wrong, if it is: it set a field that no option did."""
        by_option = {self.paths[name][-1] for name in self.options}
        by_file = _names(self.from_file.fields) | set(self.from_file.devices)
        named = set(FIELD.findall(sentence)) | set(sentence.split(":")[0].split(", "))
        if named & (by_file - by_option):
            return InputError(f"{self.file}: {sentence.replace('`', '')}")
        return InputError(sentence)


def _lists(config: Any) -> list[str]:
    """Return the fields that are tuples of words: a file may give one word alone."""
    tuples = (one for one in declared(config) if get_origin(one.kind) is tuple)
    return [one.name for one in tuples if get_args(one.kind)[0] is str]


def _names(plain: Any) -> set[str]:
    """Return every name of nested plain data."""
    if isinstance(plain, list):
        return {name for one in plain for name in _names(one)}
    if not isinstance(plain, Mapping):
        return set()
    return {*plain, *(name for value in plain.values() for name in _names(value))}


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
