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
from search_spaces.schema import dump, parse, read_json


@dataclass(frozen=True)
class RunCosts:
    """Milliseconds of a space's choices, the profile they were read from, and its error.

    ``space`` is a digest of the space's operations: milliseconds belong to those. ``device`` is a
    fingerprint, ``device_name`` what people call it.
    ``relative_error`` is the half width of the table's 90 % interval; None where it states none.
    """

    space: str
    profile: str
    device: str
    device_name: str
    runtime: str
    settings: Settings
    fixed: float
    choices: list[list[float]]
    relative_error: float | None

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
    write_atomically(path, json.dumps([dump(one) for one in costs], indent=1).encode())


def load_costs(path: Path, space: Space) -> list[RunCosts]:
    """Read what :func:`save_costs` wrote.

    Raises:
        InputError: the file is damaged, or the space has changed since.
    """
    found = parse(list[RunCosts], read_json(path, "latencies"), str(path))
    if any(one.space != digest(space) for one in found):
        raise InputError(
            f"{path.parent} was started with another space {space.name}: its file or the data has "
            "changed since; restore it, delete the folder to start over, or work in another one"
        )
    return found


def digest(space: Space) -> str:
    """Return a digest of every operation of a space, in its place."""
    places = [*([one] for one in space.fixed), *(block.candidates for block in space.blocks)]
    text = json.dumps([[operation.key for operation in place] for place in places])
    return sha256(text.encode())
