"""``log.jsonl``: what an epoch came to, a line of JSON each."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Literal, Self, TypeVar

from search_spaces import InputError
from search_spaces.files import write_atomically
from search_spaces.schema import dump, parse

T = TypeVar("T")

Phase = Literal["warmup", "search"]


@dataclass(frozen=True, kw_only=True)
class TrainingEpoch:
    """One line of ``train/log.jsonl``: an epoch, from 0, and its means over images.

    ``learning_rate`` is that of the last step; ``seconds`` is wall time, since the start of the
    process for the first epoch after resuming.
    """

    epoch: int
    loss: float
    accuracy: float
    learning_rate: float | None = None
    seconds: float


@dataclass(frozen=True, kw_only=True)
class DeviceEpoch:
    """Where the architecture of one device stands at the end of an epoch.

    ``probabilities[block]`` are those of the block's candidates; ``entropy`` (of a uniform
    choice's) and ``confidence`` (the largest probability) are means over blocks,
    ``skip_probability`` over those that have a skip. ``multipliers`` are those of the budgets.
    """

    entropy: float
    confidence: float
    skip_probability: float
    expected_ms: float
    multipliers: dict[str, float] = field(default_factory=dict)
    probabilities: list[list[float]]


@dataclass(frozen=True, kw_only=True)
class WeightEpoch:
    """What an epoch of a search came to whatever it is for: losses, accuracies, seconds.

    ``loss`` and ``accuracy`` are of the weight steps, the others of the architecture steps: None
    where the epoch had none. Accuracies are shares of 1.
    """

    epoch: int
    phase: Phase
    loss: float
    accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    seconds: float


@dataclass(frozen=True, kw_only=True)
class SearchEpoch(DeviceEpoch, WeightEpoch):
    """One line of the ``search/log.jsonl`` of one device."""


@dataclass(frozen=True, kw_only=True)
class SharedSearchEpoch(WeightEpoch):
    """One line of the ``search/log.jsonl`` of several devices that share a supernet."""

    devices: list[DeviceEpoch]

    def of_device(self, number: int) -> SearchEpoch:
        """Return what a search for one of the devices alone would have logged."""
        shared = {one.name: getattr(self, one.name) for one in fields(WeightEpoch)}
        return SearchEpoch(**shared, **vars(self.devices[number]))

    @classmethod
    def of(cls, epoch: WeightEpoch, devices: list[DeviceEpoch]) -> Self:
        """Put together what all devices share, and where each of them stands."""
        return cls(**vars(epoch), devices=devices)


def write_epochs(epochs: Iterable[object], path: Path) -> None:
    """Write a whole log, an epoch a line."""
    lines = [json.dumps(dump(epoch)) + "\n" for epoch in epochs]
    write_atomically(path, "".join(lines).encode())


def read_epochs(kind: type[T], path: Path) -> list[T]:
    """Read a log, an epoch a line.

    Raises:
        InputError: it does not exist, is empty, or has a line that is no such epoch; names it.
    """
    if not path.is_file():
        raise InputError(f"log {path} does not exist")
    epochs = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        place = f"{path}, line {number}"
        try:
            content = json.loads(line)
        except json.JSONDecodeError as error:
            raise InputError(f"{place} is not valid JSON: {error}") from None
        epochs.append(parse(kind, content, place))
    if not epochs:
        raise InputError(f"log {path} is empty")
    return epochs
