"""What is known of a model of the zoo: the facts of its card, as JSON."""

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
    """What a file took on a device, what was predicted, if anything, and the day (ISO 8601)."""

    __pydantic_config__ = STRICT
    file: str
    times: Times
    predicted_ms: float | None
    measured_on: str

    @property
    def address(self) -> tuple[object, ...]:
        """What a later measurement must share to replace this one."""
        return (self.file, *self.times.address)


@dataclass(frozen=True)
class Training:
    """What a network was trained on, how, and what came of it in PyTorch."""

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
    """Where an architecture without weights of ours was published, and what it says there."""

    __pydantic_config__ = STRICT
    source: str
    statement: str


@dataclass(frozen=True)
class Card:
    """The facts of one model; a trained one has files and commands, a published one a source."""

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
"""Version 1 did not say what a device's fingerprint was."""
