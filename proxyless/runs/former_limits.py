"""What limits are called in files of release 0.2, and what they are called now."""

from collections.abc import Mapping
from typing import Any

AIMS = {"hold": "match", "fill": "maximise", "cap": "at most"}
"""What a search makes of a limit (``proxyless.runs.results.Aim``): then to now."""


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
