"""YAML tables: a mapping from keys to mappings of numbers, written."""

import yaml


def write_yaml_table(rows: dict[str, dict[str, float | int]]) -> str:
    """Return rows as a YAML table, sorted by key."""
    text: str = yaml.safe_dump(rows, sort_keys=True, default_flow_style=False, width=1000)
    return text
