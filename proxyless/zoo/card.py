"""The card of a model: its facts, as JSON."""

from dataclasses import dataclass
from pathlib import Path

from search_spaces.schema import STRICT

from ..runs.results import Times, VersionedFile

FILE = "card.json"


@dataclass(frozen=True)
class ModelEntry:
    """A deployable file; ``test_accuracy`` is a share of the card's test images."""

    __pydantic_config__ = STRICT
    name: str
    format: str
    bytes: int
    sha256: str
    test_accuracy: float


@dataclass(frozen=True)
class Latency:
    """A file's measured latency on a device, the prediction if there is one, and the ISO date."""

    __pydantic_config__ = STRICT
    file: str
    times: Times
    predicted_ms: float | None
    measured_on: str

    @property
    def address(self) -> tuple[object, ...]:
        """What a later measurement must have in common to replace this one."""
        return (self.file, *self.times.address)


@dataclass(frozen=True)
class Training:
    """The training of a network: its data, its epochs, and its accuracy in PyTorch."""

    __pydantic_config__ = STRICT
    data: str
    class_names: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    train_images: int
    test_images: int
    epochs: int
    test_accuracy: float


@dataclass(frozen=True)
class Published:
    """Where an architecture without trained weights was published, and what its source states."""

    __pydantic_config__ = STRICT
    source: str
    statement: str


@dataclass(frozen=True)
class Card:
    """The facts of a model; a trained one has files and commands, a published one its source."""

    __pydantic_config__ = STRICT
    name: str
    summary: str
    training: Training | None = None
    published: Published | None = None
    files: tuple[ModelEntry, ...] = ()
    latencies: tuple[Latency, ...] = ()
    commands: tuple[str, ...] = ()

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
