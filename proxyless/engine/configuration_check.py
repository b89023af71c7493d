"""Checking that workers have the same configuration before they share their weights."""

import json
from typing import Any

from search_spaces import InputError
from search_spaces.outside import parse_json
from search_spaces.schema import dump

from ..runs.checkpoint import State
from ..runs.differences import first_difference, shown, with_newer_fields
from ..runs.former_names import OPERATIONS, with_current_names

MAY_DIFFER = frozenset(
    {
        "checkpoint_seconds", "compute", "compute_threads", "precision",
        "data", "name", "space", "teacher",
        "interface", "timeout",
        "table", "runtime", "device", "threads", "batch", "dtype",
    }
)  # fmt: skip
"""Fields that may differ between workers: paths, devices, and other local settings."""


NEWER_FACTS = ("classes",)
"""Facts that release 0.2 did not note: its checkpoints are taken to have the same."""


class ConfigurationCheck:
    """Constant synchronised state that refuses the state of workers with another configuration.

    ``config`` is a worker's configuration, ``facts`` are properties of its data and files; both are
    compared as plain data.
    """

    def __init__(self, config: object, **facts: object) -> None:
        self.config = config
        self.facts = json.dumps({**_compared(dump(config)), **facts}, sort_keys=True)

    def state_dict(self) -> State:
        """Return this worker's configuration and facts as JSON."""
        return {"facts": self.facts}

    def load_state_dict(self, state: State) -> None:
        """Compare this worker's configuration with another's.

        Raises:
            InputError: they differ; the sentence names the first difference.
        """
        own = json.loads(self.facts)
        others = with_current_names(
            parse_json(state["facts"], "the configuration of another worker")
        )
        others = with_newer_fields(others, self.config, MAY_DIFFER)
        if isinstance(others, dict):
            others = {**{name: own[name] for name in NEWER_FACTS if name in own}, **others}
        difference = first_difference(others, own)
        if difference is not None:
            name, *values = difference
            other_value, own_value = map(shown, values)
            raise InputError(
                f"this worker was started with {name} = {own_value}, the other workers with "
                f"{other_value}: give all of them the same options, data and architecture"
            )


def _compared(value: Any) -> Any:
    """Return plain data without the fields that may differ.

    Operations are compared whole: theirs may have any name.
    """
    if isinstance(value, dict):
        return {
            key: inner if key == OPERATIONS else _compared(inner)
            for key, inner in value.items()
            if key not in MAY_DIFFER
        }
    return [_compared(inner) for inner in value] if isinstance(value, list) else value
