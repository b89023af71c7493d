"""Comparison of two configurations: the first setting that changes a result."""

from collections.abc import Collection
from dataclasses import MISSING, is_dataclass

from search_spaces.fields import declared
from search_spaces.schema import LONGEST_VALUE, dump

from .former_names import OPERATIONS, with_current_names

CHANGES_NO_RESULT = frozenset({"checkpoint_seconds"})
"""Fields that change no result: a run may be continued with others."""


def with_newer_fields(stored: object, config: object, left_out: Collection[str] = ()) -> object:
    """Return a stored configuration with the fields that are newer than it, at their defaults.

    A new field's default does what was done without it. ``config`` is a configuration of the same
    work, which says what fields there are; those ``left_out`` are not added.
    """
    if isinstance(stored, dict) and is_dataclass(config) and not isinstance(config, type):
        fields = declared(type(config))
        newer = {
            field.name: dump(field.default)
            for field in fields
            if field.name not in (*stored, *left_out) and field.default is not MISSING
        }
        known = {
            name: with_newer_fields(value, getattr(config, name, None), left_out)
            for name, value in stored.items()
        }
        return {**known, **newer}
    if isinstance(stored, list) and isinstance(config, tuple) and len(stored) == len(config):
        pairs = zip(stored, config, strict=True)
        return [with_newer_fields(*pair, left_out) for pair in pairs]
    return stored


def first_difference(stored: object, resolved: object) -> tuple[str, object, object] | None:
    """Return the first difference of two configurations as plain data: its name, and both values.

    Ignored are settings that change no result (how often checkpoints are kept), the prefix of a
    data set of the hub, and names of earlier releases in the stored data.
    """
    return _first_difference(with_current_names(stored), resolved, "")


def shown(value: object) -> str:
    """Return a value as sentences repeat it, cut where it is long."""
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


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
