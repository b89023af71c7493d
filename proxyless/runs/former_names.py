"""Former names of settings, which files of earlier releases hold, and their current names."""

from typing import Any

FIELDS = {"ahead": "local_update"}
"""Names of fields of configurations: in release 0.2, and now."""
VALUES = {"local_update": {"damped": "quasi-hyperbolic", "exact": "replay"}}
"""Values by current name of a field: in release 0.2, and now."""


def with_current_names(plain: Any) -> Any:
    """Return plain data of a configuration with former names replaced by current ones."""
    if isinstance(plain, list):
        return [with_current_names(element) for element in plain]
    if not isinstance(plain, dict):
        return plain
    renamed = {}
    for former_name, value in plain.items():
        name = FIELDS.get(former_name) or former_name
        renamed[name] = _value(name, value)
    return renamed


def _value(field: str, value: Any) -> Any:
    if isinstance(value, str):
        return VALUES.get(field, {}).get(value, value)
    return with_current_names(value)
