"""The card of a model: its facts, as JSON."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from search_spaces.numbers import (
    Count,
    Deviation,
    Digest,
    FileName,
    Mean,
    Milliseconds,
    Name,
    Share,
)
from search_spaces.schema import STRICT

from ..runs.results import Times, VersionedFile

FILE = "card.json"
Text = Annotated[str, Field(strict=True, max_length=10_000)]
"""A few sentences, or a command with every option."""


@dataclass(frozen=True)
class ModelEntry:
    """A deployable file; ``test_accuracy`` is a share of the card's test images."""

    __pydantic_config__ = STRICT
    name: FileName
    format: Name
    bytes: Count
    sha256: Digest
    test_accuracy: Share


@dataclass(frozen=True)
class Latency:
    """A file's measured latency on a device, the prediction if there is one, and the ISO date."""

    __pydantic_config__ = STRICT
    file: Name
    times: Times
    predicted_ms: Milliseconds | None
    measured_on: Name

    @property
    def address(self) -> tuple[object, ...]:
        """What a later measurement must have in common to replace this one."""
        return (self.file, *self.times.address)


@dataclass(frozen=True)
class Training:
    """The training of a network: its data, its epochs, and its accuracy in PyTorch."""

    __pydantic_config__ = STRICT
    data: Text
    class_names: tuple[Name, ...]
    mean: tuple[Mean, ...]
    std: tuple[Deviation, ...]
    train_images: Count
    test_images: Count
    epochs: Count
    test_accuracy: Share


@dataclass(frozen=True)
class Published:
    """Where an architecture without trained weights was published, and what its source states."""

    __pydantic_config__ = STRICT
    source: Text
    statement: Text


@dataclass(frozen=True)
class Card:
    """The facts of a model; a trained one has files and commands, a published one its source."""

    __pydantic_config__ = STRICT
    name: Name
    summary: Text
    training: Training | None = None
    published: Published | None = None
    files: tuple[ModelEntry, ...] = ()
    latencies: tuple[Latency, ...] = ()
    commands: tuple[Text, ...] = ()

    def __post_init__(self) -> None:
        if self.training is None and (self.published is None or self.files):
            raise ValueError("it says neither how its model was trained nor where it was published")
        names = [entry.name for entry in self.files]
        if len(set(names)) < len(names):
            raise ValueError("it names a file twice")

    @staticmethod
    def load(path: Path) -> "Card":
        """Read a card.

        Raises:
            InputError: it is missing, or not a card of this version.
        """
        return CARD.read(path)

    def save(self, path: Path) -> None:
        """Write the card."""
        CARD.write(self, path)


CARD = VersionedFile(
    Card,
    "proxyless.card",
    2,
    "card",
    "`proxyless zoo add RUN NAME` makes one of a trained run",
    oldest=2,
)
"""Version 1 has no fingerprints of devices."""
