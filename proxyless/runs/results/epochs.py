"""``log.jsonl``: the figures of each epoch, as a line of JSON."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Literal, Self, TypeVar

from search_spaces import InputError
from search_spaces.files import write_atomically
from search_spaces.numbers import Count, Figure, Name, Share
from search_spaces.outside import parse_json, read_text
from search_spaces.schema import dump, parse

T = TypeVar("T")

Phase = Literal["warmup", "search"]


@dataclass(frozen=True, kw_only=True)
class TrainingEpoch:
    """One line of ``train/log.jsonl``: an epoch, from 0, and its means over images.

    ``learning_rate`` is that of the last step; ``seconds`` is wall time, which for the first epoch
    after resuming counts from the start of the process.
    """

    epoch: Count
    loss: Figure
    accuracy: Figure
    learning_rate: Figure | None = None
    seconds: Figure


@dataclass(frozen=True, kw_only=True)
class DeviceEpoch:
    """The state of one device's architecture parameters at the end of an epoch.

    ``probabilities[block]`` are those of the block's candidates. ``entropy`` (as a share of a
    uniform choice's) and ``confidence`` (the largest probability) are means over blocks,
    ``skip_probability`` over those that have a skip. ``multipliers`` are those of the budgets.
    """

    entropy: Figure
    confidence: Figure
    skip_probability: Figure
    expected_ms: Figure
    multipliers: dict[Name, Figure] = field(default_factory=dict)
    probabilities: list[list[Share]]


@dataclass(frozen=True, kw_only=True)
class WeightEpoch:
    """The figures of a search's epoch that all devices share.

    ``loss`` and ``accuracy`` are of the weight steps; ``validation_loss`` and
    ``validation_accuracy`` are of the architecture steps, None if there were none. Accuracies are
    shares (0 to 1), ``seconds`` is wall time.
    """

    epoch: Count
    phase: Phase
    loss: Figure
    accuracy: Figure
    validation_loss: Figure | None
    validation_accuracy: Figure | None
    seconds: Figure


@dataclass(frozen=True, kw_only=True)
class SearchEpoch(DeviceEpoch, WeightEpoch):
    """One line of the ``search/log.jsonl`` of one device."""


@dataclass(frozen=True, kw_only=True)
class SharedSearchEpoch(WeightEpoch):
    """One line of the ``search/log.jsonl`` of several devices that share a supernet."""

    devices: list[DeviceEpoch]

    def of_device(self, number: int) -> SearchEpoch:
        """Return the log line that a search for only this device would have.

        Raises:
            InputError: the line has no such device.
        """
        if number >= len(self.devices):
            raise InputError(
                f"the log's epoch {self.epoch} is of {len(self.devices)} devices, not of more: "
                "restore the log that the search has written"
            )
        shared = {item.name: getattr(self, item.name) for item in fields(WeightEpoch)}
        return SearchEpoch(**shared, **vars(self.devices[number]))

    @classmethod
    def of(cls, epoch: WeightEpoch, devices: list[DeviceEpoch]) -> Self:
        """Combine the figures that devices share with those of each device."""
        return cls(**vars(epoch), devices=devices)


def write_epochs(epochs: Iterable[object], path: Path) -> None:
    """Write a log, a line per epoch."""
    lines = [json.dumps(dump(epoch)) + "\n" for epoch in epochs]
    write_atomically(path, "".join(lines).encode())


def read_epochs(kind: type[T], path: Path) -> list[T]:
    """Read a log, a line per epoch.

    Raises:
        InputError: it does not exist, is empty, or a line is invalid; the sentence names it.
    """
    if not path.exists():
        raise InputError(f"log {path} does not exist")
    epochs = []
    for number, line in enumerate(read_text(path, "log").splitlines(), 1):
        place = f"{path}, line {number}"
        epochs.append(parse(kind, parse_json(line, place, infinite=True), place))
    if not epochs:
        raise InputError(f"log {path} is empty")
    return epochs
