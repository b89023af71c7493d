"""The latencies a search began with: read from the table once, kept with the run.

A table grows and a resumed search must not notice: it reads what it wrote down, not the table.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import torch

from latency import AdditiveCosts, Predictor, Settings
from search_spaces import InputError, Space
from search_spaces.files import sha256, write_atomically
from search_spaces.numbers import Finite, Name, NonNegative
from search_spaces.schema import dump, parse, read_json


@dataclass(frozen=True)
class RunCosts:
    """Milliseconds of a space's choices, the profile they were read from, and its error.

    ``space`` is a digest of the space's operations: milliseconds belong to those. ``device`` is a
    fingerprint, ``device_name`` what people call it.
    ``relative_error`` is the half width of the table's 90 % interval; None where it states none.
    """

    space: Name
    profile: Name
    device: Name
    device_name: Name
    runtime: Name
    settings: Settings
    fixed: Finite
    choices: list[list[Finite]]
    relative_error: NonNegative | None

    @classmethod
    def of(cls, predictor: Predictor, space: Space) -> Self:
        """Read every choice of ``space``; a missing entry is an :class:`InputError`."""
        costs, info = predictor.costs(space), predictor.info
        return cls(
            digest(space),
            str(info),
            info.device.fingerprint,
            str(info.device),
            info.runtime,
            info.settings,
            costs.fixed,
            costs.choices.tolist(),
            predictor.relative_error(),
        )

    @property
    def tensors(self) -> AdditiveCosts:
        """The costs as the search computes with them."""
        return AdditiveCosts(self.fixed, torch.tensor(self.choices, dtype=torch.float64))


def save_costs(costs: Sequence[RunCosts], path: Path) -> None:
    """Write what a search for so many devices began with, as JSON."""
    write_atomically(path, json.dumps([dump(device) for device in costs], indent=1).encode())


def load_costs(path: Path, space: Space, devices: int) -> list[RunCosts]:
    """Read what :func:`save_costs` wrote for so many devices.

    Raises:
        InputError: the file is damaged, is of other devices, or the space has changed since.
    """
    costs = parse(list[RunCosts], read_json(path, "latencies"), str(path))
    if any(device.space != digest(space) for device in costs):
        raise InputError(
            f"{path.parent} was started with another space {space.name}: its file or the data has "
            "changed since; restore it, delete the folder to start over, or work in another one"
        )
    widest = max(len(block.candidates) for block in space.blocks)
    shapes = [[len(row) for row in device.choices] for device in costs]
    if shapes != devices * [[widest] * len(space.blocks)]:
        raise InputError(
            f"latencies {path} do not fit the devices or the blocks of the space: restore the "
            f"file, or delete {path.parent} to start over"
        )
    return costs


def costs_digest(costs: Sequence[RunCosts]) -> str:
    """Return the SHA-256 of all numbers that a search computes with, and of their conditions."""
    content = [
        [one.fixed, one.choices, one.profile, one.device, one.runtime, str(one.settings)]
        for one in costs
    ]
    return sha256(json.dumps(content).encode())


def digest(space: Space) -> str:
    """Return a digest of every operation of a space, in its place."""
    places = [
        *([operation] for operation in space.fixed),
        *(block.candidates for block in space.blocks),
    ]
    text = json.dumps([[operation.key for operation in place] for place in places])
    return sha256(text.encode())
