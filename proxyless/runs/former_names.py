"""What earlier releases called things: a renamed thing is a line in a table here.

What was kept or written by former names is read by today's: configurations, results, checkpoints.
"""

import warnings
from collections.abc import Mapping
from typing import Any

FIELDS = {"ahead": "local_update", "anchors": "calibration_networks"}
"""Fields of configurations as release 0.2 called them, and as they are called now.

By these names the command line takes options, too, where a verb has the one of today.
"""
VALUES = {"local_update": {"damped": "quasi-hyperbolic", "exact": "replay"}}
"""Values of fields, as release 0.2 called them."""
AIMS = {"hold": "match", "fill": "maximise", "cap": "at most"}
"""What a search makes of a limit (``proxyless.runs.results.Aim``), as release 0.2 called it."""


def with_names_of_today(plain: Any) -> Any:
    """Return plain data of a configuration with today's names in place of former ones."""
    return _translated(plain, {})


def former_names_in(plain: Any) -> dict[str, str]:
    """Return the former names of fields and values in a configuration, with those of today."""
    found: dict[str, str] = {}
    _translated(plain, found)
    return found


def _translated(plain: Any, found: dict[str, str]) -> Any:
    if isinstance(plain, list):
        return [_translated(element, found) for element in plain]
    if not isinstance(plain, dict):
        return plain
    today = {}
    for former, value in plain.items():
        name = _name(former, FIELDS, found)
        if isinstance(value, str):
            today[name] = _name(value, VALUES.get(name, {}), found)
        else:
            today[name] = _translated(value, found)
    return today


def _name(former: str, names: Mapping[str, str], found: dict[str, str]) -> str:
    if former in names:
        found[former] = names[former]
    return names.get(former, former)


def aim_of_today(word: str) -> str:
    """Return what an aim is called now; a word of now stays."""
    return AIMS.get(word, word)


def limit_of_today(name: str) -> str:
    """Return the field that sets a limit, as ``target_ms``; files named its option, --target-ms."""
    return name.removeprefix("--").replace("-", "_")


def budget_of_today(budget: Mapping[str, Any]) -> dict[str, Any]:
    """Return a budget of a search's result with the names of now: ``option`` was its ``name``."""
    today = {key: value for key, value in budget.items() if key != "option"}
    if isinstance(budget.get("option"), str):
        today["name"] = limit_of_today(budget["option"])
    if isinstance(budget.get("aim"), str):
        today["aim"] = aim_of_today(budget["aim"])
    return today


class FormerKeys:
    """A dataclass whose fields can be had as keys, as results of 0.2: ``result["macs"]``."""

    def __getitem__(self, name: str) -> Any:
        """Return a field, with a warning.

        Raises:
            KeyError: there is no field of this name.
        """
        if name not in self.__dataclass_fields__:  # type: ignore[attr-defined]
            raise KeyError(name)
        warnings.warn(
            f"results are dataclasses since 0.3: write .{name} instead of [{name!r}]",
            DeprecationWarning,
            stacklevel=2,
        )
        return getattr(self, name)
