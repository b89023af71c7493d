"""Names that settings had in earlier releases: what was kept by those is read by today's names."""

from typing import Any

FIELDS = {"ahead": "local_update"}
"""Fields of configurations as release 0.2 called them, and as they are called now."""
VALUES = {"local_update": {"damped": "quasi-hyperbolic", "exact": "replay"}}
"""Values of fields, as release 0.2 called them."""


def with_names_of_today(plain: Any) -> Any:
    """Return plain data of a configuration with today's names in place of former ones."""
    if isinstance(plain, list):
        return [with_names_of_today(element) for element in plain]
    if not isinstance(plain, dict):
        return plain
    found = {}
    for former, value in plain.items():
        name = FIELDS.get(former) or former
        found[name] = _value(name, value)
    return found


def _value(field: str, value: Any) -> Any:
    if isinstance(value, str):
        return VALUES.get(field, {}).get(value, value)
    return with_names_of_today(value)
