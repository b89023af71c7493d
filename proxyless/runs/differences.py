"""Comparison of two configurations: the first setting that changes a result."""

from search_spaces import InputError
from search_spaces.schema import dump, parse

from .former_names import OPERATIONS, with_current_names

CHANGES_NO_RESULT = frozenset({"checkpoint_seconds"})
"""Fields that change no result: a run may be continued with others."""


def as_now(stored: object, kind: type[object]) -> object:
    """Return a stored configuration as this release would have stored it.

    A field that is newer than the file has its default there: a new field's default does what was
    done without it. What is no configuration of this ``kind`` any more is returned as it is, and
    differs.
    """
    try:
        return dump(parse(kind, with_current_names(stored), ""))
    except InputError:
        return stored


def first_difference(stored: object, resolved: object) -> tuple[str, object, object] | None:
    """Return the first difference of two configurations as plain data: its name, and both values.

    Ignored are settings that change no result (how often checkpoints are kept), the prefix of a
    data set of the hub, and names of earlier releases in the stored data.
    """
    return _first_difference(with_current_names(stored), resolved, "")


def _first_difference(
    stored: object, resolved: object, name: str, is_config: bool = True
) -> tuple[str, object, object] | None:
    is_config = is_config and name != OPERATIONS  # whose fields may have any name
    if is_config and (
        name in CHANGES_NO_RESULT
        or (name == "data" and _without_hub_prefix(stored) == _without_hub_prefix(resolved))
    ):
        return None
    if isinstance(stored, dict) and isinstance(resolved, dict):
        pairs = [(key, stored.get(key), resolved.get(key)) for key in (*resolved, *stored)]
    elif isinstance(stored, list) and isinstance(resolved, list) and len(stored) == len(resolved):
        pairs = [(name, *pair) for pair in zip(stored, resolved, strict=True)]
    else:
        return None if stored == resolved else (name, stored, resolved)
    differences = (_first_difference(before, now, key, is_config) for key, before, now in pairs)
    return next((difference for difference in differences if difference is not None), None)


def _without_hub_prefix(data: object) -> object:
    return data.removeprefix("hub:") if isinstance(data, str) else data
