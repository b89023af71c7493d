"""What workers must have been started with alike before they can share their weights."""

import json
from collections.abc import Mapping
from typing import Any

from search_spaces import InputError
from search_spaces.schema import dump

from ..runs.differences import first_difference

OWN_AFFAIR = frozenset(
    {
        "checkpoint_seconds", "compute", "compute_threads", "precision",
        "data", "name", "space", "teacher",
        "interface", "timeout",
        "table", "runtime", "device", "threads", "batch", "dtype",
    }
)  # fmt: skip
"""Fields of configurations that may differ: where things lie, and what a worker computes with."""


class Agreement:
    """Synchronised state that never changes, and refuses that of other configurations.

    ``config`` is a worker's configuration, ``facts`` what its data and files came to: plain data.
    """

    def __init__(self, config: Any, **facts: Any) -> None:
        self.facts = json.dumps({**_shared(dump(config)), **facts}, sort_keys=True)

    def state_dict(self) -> dict[str, Any]:
        """Return what this worker was started with, as JSON."""
        return {"facts": self.facts}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Compare it with another worker's.

        Raises:
            InputError: they differ; names the first difference.
        """
        difference = first_difference(json.loads(state["facts"]), json.loads(self.facts))
        if difference is not None:
            name, its, mine = difference
            raise InputError(
                f"this worker was started with {name} = {mine!r}, the other workers with {its!r}: "
                "give all of them the same options, data and architecture"
            )


def _shared(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shared(one) for key, one in value.items() if key not in OWN_AFFAIR}
    return [_shared(one) for one in value] if isinstance(value, list) else value
