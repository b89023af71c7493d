"""YAML tables: a mapping from keys to mappings of numbers, read strictly."""

from collections.abc import Hashable
from typing import Any

import yaml

from search_spaces import InputError


class _Loader(yaml.SafeLoader):
    """Loads plain data and refuses duplicate keys, of which YAML would use the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for name, _ in node.value:
            if name.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{str(name.value)!r} is there twice", name.start_mark
                )
            if isinstance(name.value, str):
                seen.add(name.value)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return mapping


def read_yaml_table(text: str, source: str) -> dict[str, dict[str, object]]:
    """Return the rows of a YAML table by key; no code in it is executed.

    Raises:
        InputError: it is not YAML, not plain data, has a key twice, is not a mapping of mappings,
            or is empty.
    """
    try:
        data = yaml.load(text, _Loader)  # a safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f", line {mark.line + 1}" if mark else ""
        raise InputError(f"{source}{place}: {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"{source} is not valid YAML: {error}") from None
    if data is None or data == {}:
        raise InputError(f"{source} is empty: there is nothing to import")
    if not isinstance(data, dict):
        raise InputError(f"{source} is not a table: keys with numbers below them are expected")
    for key, row in data.items():
        if not isinstance(key, str) or not isinstance(row, dict):
            raise InputError(
                f"{source}, key {key!r:.120}: a published key with `mean: NUMBER` below it is "
                "expected"
            )
    return data


def write_yaml_table(rows: dict[str, dict[str, float | int]]) -> str:
    """Return rows as a YAML table, sorted by key."""
    text: str = yaml.safe_dump(rows, sort_keys=True, default_flow_style=False, width=1000)
    return text
