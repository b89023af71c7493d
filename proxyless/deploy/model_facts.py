"""What an exported file says of itself: typed, versioned, carried as JSON texts in its metadata."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any, Self

from pydantic import Field

from latency.timing.settings import Settings
from search_spaces import InputError
from search_spaces.numbers import Deviation, Mean, Milliseconds, Name, Positive, Share
from search_spaces.schema import dump, parse

from ..runs.results import Times

logger = logging.getLogger("proxyless.deploy")

VERSION = 2
"""Of these facts, under the name ``facts``. Files of version 1 did not say it."""
AboveZero = Annotated[float, Field(strict=True, allow_inf_nan=False, gt=0)]


@dataclass(frozen=True)
class ImageNormalisation:
    """(byte * scale - mean) / std, per channel."""

    scale: AboveZero
    mean: list[Mean]
    std: list[Deviation]


@dataclass(frozen=True)
class InputFacts:
    """How a file wants to be fed: shape, numbers, and what values are, in words.

    ``pixels`` says whether it takes 0 to 255 and normalises them itself. Integers stand for
    (integer - zero_point) * scale.
    """

    layout: Name
    channels: Positive
    height: Positive
    width: Positive
    dtype: Name
    values: Name
    pixels: bool
    scale: AboveZero | None = None
    zero_point: int | None = None


@dataclass(frozen=True)
class PredictedLatency:
    """What a search predicted for the network, and for which device and settings."""

    predicted_ms: Milliseconds
    target_ms: Milliseconds | None
    profile: Name
    device: Name
    runtime: Name
    settings: Settings


@dataclass(frozen=True)
class ModelFacts:
    """What a file says of the run it comes from and of itself.

    ``version`` is that of Proxyless, ``architecture`` the file architecture.json as data,
    ``classes`` the class names in the order of the logits, ``test_accuracy`` the file's own.
    ``latency`` is None without a search, ``measured`` where nobody timed the file. Other tools may
    take some of it away: what is not there is None.
    """

    version: Name | None = None
    architecture: dict[str, object] | None = None
    classes: list[Name] | None = None
    normalisation: ImageNormalisation | None = None
    data: str | None = None
    test_accuracy: Share | None = None
    dtype: Name | None = None
    input: InputFacts | None = None
    latency: PredictedLatency | None = None
    measured: Times | None = None

    def to_metadata(self) -> dict[str, object]:
        """Return the facts as a file carries them, by name; ``latency`` only where there is one."""
        content: dict[str, object] = dump(self)
        if self.latency is None:
            del content["latency"]
        return {"facts": VERSION, **content}

    @classmethod
    def of_metadata(cls, metadata: Mapping[str, object]) -> Self | None:
        """Read the facts of a file of ours; None for anybody else's.

        Early releases wrote some of the facts in another form: those are left out, with a warning.

        Raises:
            InputError: they are damaged, or of a version that this release cannot read.
        """
        names = {field.name for field in fields(cls)}
        known = {name: value for name, value in metadata.items() if name in names}
        if not known:
            return None
        version = metadata.get("facts", 1)
        if type(version) is int and version == 1:
            return cls._early(known)
        if type(version) is not int or not 1 < version <= VERSION:
            raise InputError(
                f"its metadata has version {version!r}, but this release reads versions 1 to "
                f"{VERSION}: use the release that exported it"
            )
        return parse(cls, known, "its metadata")

    @classmethod
    def _early(cls, known: Mapping[str, object]) -> Self:
        """Return what can be read of facts that did not say their version."""
        readable: dict[str, Any] = {}
        for name, value in known.items():
            try:
                readable[name] = getattr(parse(cls, {name: value}, ""), name)
            except InputError as error:
                logger.warning("metadata %s of an early release is left out: %s", name, error)
        return cls(**readable)
