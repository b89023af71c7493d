"""What a runner may say, in which order, and which values it may give: everything else is refused.

A runner may be on a board, whose words are not trusted.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from search_spaces import InputError
from search_spaces.numbers import Count, Milliseconds, Positive, PositiveMilliseconds
from search_spaces.outside import parse_json
from search_spaces.schema import STRICT, parse

from ..timing.device import Device
from ..timing.measurement import Measurement, MeasurementPlan
from .bootstrap import MARK
from .words import words

MOST_CORES = 65_536
"""More than any machine has."""
MOST_LIBRARIES = 100
LONGEST_REASON = 100_000

Line = Annotated[str, Field(strict=True, max_length=300, pattern=r"^[^\p{Cc}]*$")]
"""A text without line ends, escape sequences and other control characters."""


@dataclass(frozen=True)
class DeviceMessage:
    """A device, as a stranger describes it."""

    __pydantic_config__ = STRICT
    name: Annotated[Line, Field(min_length=1)]
    cores: Annotated[int, Field(strict=True, ge=1, le=MOST_CORES)]
    machine: Line
    system: Line
    memory_bytes: Count


@dataclass(frozen=True)
class FactsMessage:
    """A machine and its engine, as a stranger describes them."""

    __pydantic_config__ = STRICT
    device: DeviceMessage
    version: Annotated[Line, Field(min_length=1)]
    libraries: Annotated[dict[Line, Line], Field(max_length=MOST_LIBRARIES)]


@dataclass(frozen=True)
class MeasurementMessage:
    """A measurement, as a stranger gives it."""

    __pydantic_config__ = STRICT
    program: Annotated[str, Field(strict=True)]
    process: Count
    round: Count
    minimum_ms: PositiveMilliseconds
    median_ms: PositiveMilliseconds
    cpu_ms: Milliseconds
    calls: Positive
    switches: Count
    measured_at: Annotated[
        str,
        Field(
            strict=True, pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\+00:00$"
        ),
    ]

    def __post_init__(self) -> None:
        if not self.minimum_ms <= self.median_ms:
            raise ValueError(
                f"minimum_ms {self.minimum_ms:g} is above median_ms {self.median_ms:g}"
            )
        datetime.fromisoformat(self.measured_at)


@dataclass(frozen=True)
class Facts:
    """The description of a machine and its engine."""

    device: Device
    version: str
    libraries: dict[str, str]


def read_message(line: bytes, subject: str) -> tuple[str, Any]:
    """Return kind and content of a line that begins with the mark of a message.

    Raises:
        InputError: it is no pair of a known kind and a content that such a message has.
    """
    pair = parse_json(line.removeprefix(MARK.encode()), subject)
    if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[0], str):
        raise InputError(f"{subject} is no pair of a kind and a content")
    kind, content = pair
    if kind not in _CONTENTS:
        raise InputError(f"{subject} is of no known kind: '{words(kind)}'")
    return kind, parse(_CONTENTS[kind], content, f"{subject}, {kind}")


class DescriptionReplies:
    """The messages that follow the request to describe a machine: facts, once."""

    def __init__(self, packages: tuple[str, ...]) -> None:
        self.packages = packages
        self._told = False

    def check(self, kind: str, content: Any) -> Any:
        """Return the content for the caller, or raise a ``ValueError`` that says what is wrong."""
        if kind == "facts":
            if self._told:
                raise ValueError("described itself twice")
            self._told = True
            device = Device(**vars(content.device))
            return Facts(device, content.version, content.libraries)
        if kind == "measurement":
            raise ValueError("measured what it was not asked for")
        if kind == "finished" and not self._told:
            raise ValueError("did not describe itself")
        if kind == "no package" and content not in self.packages:
            raise ValueError(f"lacks a package that nobody needs, '{words(content)}'")
        return content


class PlanReplies:
    """The messages that follow a plan: each of its measurements, once."""

    def __init__(self, plan: MeasurementPlan) -> None:
        self._process = plan.process
        self._left = set(plan.measurements)

    def check(self, kind: str, content: Any) -> Any:
        """Return the content for the caller, or raise a ``ValueError`` that says what is wrong."""
        if kind == "measurement":
            asked = (content.round, content.program)
            if content.process != self._process or asked not in self._left:
                raise ValueError(
                    f"measured what it was not asked for, or twice: process {content.process}, "
                    f"round {content.round}, '{words(content.program)}'"
                )
            self._left.remove(asked)
            return Measurement(**vars(content))
        if kind == "finished" and self._left:
            raise ValueError(f"finished without {len(self._left)} of its measurements")
        if kind in ("facts", "no linux", "no package"):
            raise ValueError(f"answered {kind!r} to a plan")
        return content


Replies = DescriptionReplies | PlanReplies

_Version = Annotated[str, Field(strict=True, max_length=100, pattern=r"^[0-9]+(\.[0-9]+)*$")]
_Reason = Annotated[str, Field(strict=True, max_length=LONGEST_REASON)]
_CONTENTS: dict[str, Any] = {
    "started": None,
    "old python": _Version,
    "no linux": Line,
    "no package": Line,
    "facts": FactsMessage,
    "measurement": MeasurementMessage,
    "finished": None,
    "failed": _Reason,
}
"""Content by kind."""
