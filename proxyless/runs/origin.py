"""What a phase's state belongs to: its configuration, space, data, latencies and teacher."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from search_spaces import InputError, Operation, Space
from search_spaces.files import sha256
from search_spaces.outside import parse_json
from search_spaces.schema import STRICT, dump

from .differences import first_difference, shown, with_newer_fields
from .former_names import with_current_names
from .results.versioned import Digest

Phase = Literal["search", "training"]
CHANGED = {
    "architecture": "another network than architecture.json holds now: restore that file",
    "space": (
        "another space: the definition, or the data's channels, classes or image size, have "
        "changed since; restore them"
    ),
    "data": (
        "other data: its images, labels or classes have changed since, or are decoded otherwise; "
        "restore them"
    ),
    "table": "other latencies than its costs.json holds now: restore that file",
    "teacher": "another teacher: the weights of that run have changed since; restore them",
}
"""By part of an origin, what a sentence says where it is another one than now."""


@dataclass(frozen=True)
class Origin:
    """What a state was made from; what continues it must have the same.

    ``configuration`` is the resolved one as JSON; ``digests`` has a SHA-256 for each part that the
    configuration only names: see :data:`CHANGED`.
    """

    __pydantic_config__ = STRICT
    phase: Phase
    configuration: Annotated[str, Field(strict=True)]
    digests: dict[str, Digest] = field(default_factory=dict)

    @classmethod
    def of(cls, phase: Phase, config: object, **digests: str) -> "Origin":
        """Return the origin of what this process makes."""
        return cls(phase, json.dumps(dump(config), sort_keys=True), digests)

    def check(self, current: "Origin", config: object, checkpoint: Path) -> None:
        """Refuse to continue with the ``checkpoint`` of this origin where ``current`` is another.

        Compared are the digests that both have; ``config`` is the current configuration.

        Raises:
            InputError: the first difference, with its mend.
        """
        folder = checkpoint.parent
        instead = f"delete {folder} to start over, or work in another run directory"
        if self.phase != current.phase:
            raise InputError(
                f"checkpoint {checkpoint} is of a {self.phase}, not of a {current.phase}: restore "
                f"the one that was there, {instead}"
            )
        self._check_configuration(config, checkpoint, instead)
        for part, said in CHANGED.items():
            before, now = self.digests.get(part), current.digests.get(part)
            if None not in (before, now) and before != now:
                raise InputError(f"{folder} was begun with {said}, {instead}")

    def _check_configuration(self, config: object, checkpoint: Path, instead: str) -> None:
        place = f"configuration in checkpoint {checkpoint}"
        stored = with_current_names(parse_json(self.configuration, place))
        difference = first_difference(with_newer_fields(stored, config), dump(config))
        if difference is not None:
            name, before, now = difference
            raise InputError(
                f"checkpoint {checkpoint} is of another {self.phase}, with {name} = "
                f"{shown(before)}, not {shown(now)}: restore the one that was there, {instead}"
            )


def network_digest(operations: tuple[Operation, ...]) -> str:
    """Return the SHA-256 of every constant of every operation."""
    return _digest([_constants(operation) for operation in operations])


def space_digest(space: Space) -> str:
    """Return the SHA-256 of every constant of every operation of a space, not of its name."""
    blocks = [[_constants(one) for one in block.candidates] for block in space.blocks]
    ends = [[_constants(one) for one in place] for place in (space.before, space.after)]
    return _digest([*ends, blocks])


def _constants(operation: Operation) -> Mapping[str, object]:
    """Return what defines an operation, without fields that have their default.

    So a field that a later release adds changes no digest.
    """
    constants = asdict(operation)  # type: ignore[call-overload]
    defaults = {item.name: item.default for item in fields(operation)}  # type: ignore[arg-type]
    kind = type(operation).__name__
    changed = {name: value for name, value in constants.items() if value != defaults[name]}
    return {"": kind, **changed}


def _digest(content: object) -> str:
    return sha256(json.dumps(content, sort_keys=True, default=repr).encode())
