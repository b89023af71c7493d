"""Names of limits in files of release 0.2, and their current names."""

from collections.abc import Mapping
from typing import Any

AIMS = {"hold": "match", "fill": "maximise", "cap": "at most"}
"""Aims of limits (``proxyless.runs.results.Aim``): in release 0.2, and now."""


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
