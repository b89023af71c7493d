"""Whether two configurations are of the same work: the first thing they differ in."""

from typing import Any

from .former_names import with_names_of_today

CHANGES_NO_RESULT = {"checkpoint_seconds"}


def first_difference(stored: Any, resolved: Any) -> tuple[str, Any, Any] | None:
    """Return the first value that differs between plain data, its name before and now.

    What changes no result is no difference: how often checkpoints are kept, how a data set of the
    hub is spelled, and names of an earlier release in what it stored.
    """
    return _first_difference(with_names_of_today(stored), resolved, "")


def _first_difference(stored: Any, resolved: Any, name: str) -> tuple[str, Any, Any] | None:
    if name in CHANGES_NO_RESULT or (name == "data" and _bare(stored) == _bare(resolved)):
        return None
    if isinstance(stored, dict) and isinstance(resolved, dict):
        pairs = [(key, stored.get(key), resolved.get(key)) for key in (*resolved, *stored)]
    elif isinstance(stored, list) and isinstance(resolved, list) and len(stored) == len(resolved):
        pairs = [(name, *pair) for pair in zip(stored, resolved, strict=True)]
    else:
        return None if stored == resolved else (name, stored, resolved)
    found = (_first_difference(was, now, key) for key, was, now in pairs)
    return next((one for one in found if one is not None), None)


def _bare(data: Any) -> Any:
    return data.removeprefix("hub:") if isinstance(data, str) else data
