"""Where a configuration's values come from: defaults, what a verb knows, a file, options."""

import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import MISSING, dataclass, is_dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_origin

from search_spaces.errors import InputError
from search_spaces.fields import declared
from search_spaces.schema import dump, parse

from .plugins import check_names
from .settings_file import DEVICES, Plain, SettingsFile

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FIELD = re.compile(r"`([a-z][a-z_]*)`")


@dataclass(frozen=True)
class ConfigSources:
    """Values that options give, by their names, and the file that ``--config`` names.

    ``paths`` says which field each option fills; ``own`` are the options of the verb that fill
    none, which no file can give.
    """

    config: "type[DataclassInstance]"
    paths: Mapping[str, tuple[str, ...]]
    options: Mapping[str, Any]
    file: Path | None
    own: tuple[str, ...] = ()

    @cached_property
    def from_file(self) -> SettingsFile:
        """The file's settings; none without a file."""
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
                _set(plain, path, value)
        if any(path[0] == DEVICES for path in self.paths.values()):
            plain[DEVICES] = self._devices(plain.get(DEVICES) or [{}])
        _merge(plain, over or {})
        for name in _string_lists(self.config):
            if isinstance(plain.get(name), str):
                plain[name] = [plain[name]]
        try:
            config = parse(self.config, plain, "")
            check_names(config)
            return config
        except InputError as error:
            raise self._in_file(str(error)) from None

    def under(self, field: str) -> Plain:
        """Return the values that file and options give of the dataclass in one field."""
        values = deepcopy(self.from_file.fields.get(field) or {})
        for name in self.names_under(field):
            _set(values, self.paths[name][1:], self.options[name])
        return values

    def names_under(self, field: str) -> list[str]:
        """Return the options given that fill the dataclass in one field."""
        return [name for name in self.options if self.paths[name][0] == field]

    def _devices(self, devices: list[Plain]) -> list[Plain]:
        """Return the devices with the values of file and options: once for all, or once each."""
        options = {name: self.options[name] for name in self.names_under(DEVICES)}
        lists = {**self._without_other_aims(self.from_file.devices, options), **options}
        counts = {f"`{name}` was given": len(values) for name, values in lists.items()}
        counts |= {f"{self.file} names": len(devices)} if len(devices) > 1 else {}
        most = max(counts, key=lambda name: counts[name], default="")
        for name, count in counts.items():
            if count not in (1, counts[most]):
                raise InputError(
                    f"{name} {count} times and {most.removesuffix(' was given')} {counts[most]} "
                    "times: give each once for all devices, or once a device"
                )
        merged = []
        for number in range(counts[most] if counts else 1):
            device = devices[number if len(devices) > 1 else 0]
            device = self._without_other_aims(device, options)
            for name, values in lists.items():
                device[self.paths[name][1]] = values[number if len(values) > 1 else 0]
            merged.append(device)
        return merged

    def _without_other_aims(self, device: Plain, options: Mapping[str, object]) -> Plain:
        """Return a device of the file, without its aims where options give another."""
        kind = next(field.kind for field in declared(self.config) if field.name == DEVICES)
        aims = set(getattr(get_args(kind)[0], "AIMS", ()))
        overridden = aims if options.keys() & aims else set()
        return {name: value for name, value in device.items() if name not in overridden}

    def _in_file(self, sentence: str) -> InputError:
        """Return the error of a wrong value; it names the file where the file gave that value."""
        by_option = {self.paths[name][-1] for name in self.options}
        by_file = _names(self.from_file.fields) | set(self.from_file.devices)
        named = set(FIELD.findall(sentence)) | set(sentence.split(":")[0].split(", "))
        if named & (by_file - by_option):
            return InputError(f"{self.file}: {sentence.replace('`', '')}")
        return InputError(sentence)


def _string_lists(config: "type[DataclassInstance]") -> list[str]:
    """Return the fields that are tuples of strings: a file may give one string alone."""
    tuples = (field for field in declared(config) if get_origin(field.kind) is tuple)
    return [field.name for field in tuples if get_args(field.kind)[0] is str]


def _names(plain: object) -> set[str]:
    """Return every name of nested plain data."""
    if isinstance(plain, list):
        return {name for item in plain for name in _names(item)}
    if not isinstance(plain, Mapping):
        return set()
    return {*plain, *(name for value in plain.values() for name in _names(value))}


def _defaults(config: "type[DataclassInstance]") -> Plain:
    """Return the defaults of the dataclasses within a configuration, as plain data."""
    defaults: Plain = {}
    for field in declared(config):
        if isinstance(field.kind, type) and is_dataclass(field.kind):
            default = field.default
            defaults[field.name] = _defaults(field.kind) if default is MISSING else dump(default)
    return defaults


def _merge(plain: Plain, more: Mapping[str, object]) -> None:
    """Put nested plain data into other such data, over what is there."""
    for name, value in more.items():
        if isinstance(value, Mapping) and isinstance(plain.get(name), dict):
            _merge(plain[name], value)
        else:
            plain[name] = value


def _set(plain: Plain, path: tuple[str, ...], value: object) -> None:
    """Set a value in nested plain data, at the end of a path of names."""
    for name in path[:-1]:
        if not isinstance(plain.get(name), dict):
            plain[name] = {}
        plain = plain[name]
    plain[path[-1]] = value
