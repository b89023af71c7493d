"""Names of earlier releases that are still read, and their current names.

A rename is an entry of a table. Configurations, results and checkpoints are translated when they
are read; operations in them are not, as their fields may have any name.
"""

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from search_spaces import InputError

FIELDS = {"ahead": "local_update", "anchors": "calibration_networks"}
"""Names of fields of configurations: in release 0.2, and now.

A verb that has an option of the current name also accepts it by the former one.
"""
VALUES = {"local_update": {"damped": "quasi-hyperbolic", "exact": "replay"}}
"""Values by current name of a field: in release 0.2, and now."""
OPERATIONS = "operations"
"""The field of an architecture whose content is no configuration: each has fields of its own."""
AIMS = {"hold": "match", "fill": "maximise", "cap": "at most"}
"""Aims of limits (``proxyless.runs.results.Aim``): in release 0.2, and now."""


def with_current_names(plain: Any) -> Any:
    """Return plain data of a configuration with former names replaced by current ones.

    Raises:
        InputError: a field stands there by both its names.
    """
    return _translated(plain, {})


def former_names_in(plain: Any) -> dict[str, str]:
    """Return the former names in plain data of a configuration, each with its current one."""
    renamed: dict[str, str] = {}
    _translated(plain, renamed)
    return renamed


def _translated(plain: Any, renamed: dict[str, str]) -> Any:
    """Return plain data with current names; note those that were former ones in ``renamed``."""
    if isinstance(plain, list):
        return [_translated(element, renamed) for element in plain]
    if not isinstance(plain, dict):
        return plain
    translated = {}
    for former_name, value in plain.items():
        name = _current(former_name, FIELDS, renamed)
        if name != former_name and name in plain:
            raise InputError(
                f"{name} is there twice, by its former name {former_name} too: remove one of them"
            )
        if name == OPERATIONS:
            translated[name] = value
        elif isinstance(value, str):
            translated[name] = _current(value, VALUES.get(name, {}), renamed)
        else:
            translated[name] = _translated(value, renamed)
    return translated


def _current(name: str, names: Mapping[str, str], renamed: dict[str, str]) -> str:
    if name in names:
        renamed[name] = names[name]
    return names.get(name, name)


def current_aim(word: str) -> str:
    """Return the current name of an aim; a current name is returned unchanged."""
    return AIMS.get(word, word)


def current_limit_name(name: str) -> str:
    """Return the name of a limit's field, such as ``target_ms``, from that of its option."""
    return name.removeprefix("--").replace("-", "_")


def current_budget(budget: Mapping[str, Any]) -> dict[str, Any]:
    """Return a budget of a search's result with current names; ``name`` was called ``option``."""
    current = {key: value for key, value in budget.items() if key != "option"}
    if isinstance(budget.get("option"), str):
        current["name"] = current_limit_name(budget["option"])
    if isinstance(budget.get("aim"), str):
        current["aim"] = current_aim(budget["aim"])
    return current


class FormerKeys(Mapping[str, Any]):
    """A dataclass that is also a dictionary of its fields, with a warning: ``result["macs"]``.

    Results were dictionaries in release 0.2.
    """

    def __getitem__(self, name: str) -> Any:
        """Return a field.

        Raises:
            KeyError: there is no field of this name.
        """
        if name not in self._keys():
            raise KeyError(name)
        _warn(f"write .{name} instead of [{name!r}]")
        return getattr(self, name)

    def __iter__(self) -> Iterator[str]:
        _warn("use dataclasses.asdict to have a dictionary")
        return iter(self._keys())

    def __len__(self) -> int:
        return len(self._keys())

    def __contains__(self, name: object) -> bool:
        return name in self._keys()

    def _keys(self) -> tuple[str, ...]:
        return tuple(self.__dataclass_fields__)  # type: ignore[attr-defined]


def _warn(mend: str) -> None:
    warnings.warn(f"results are dataclasses since 0.3: {mend}", DeprecationWarning, stacklevel=3)
