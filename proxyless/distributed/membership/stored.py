"""What the store has of views and workers, checked as it is read: anyone may have put it there.

A worker's line among the reports that is none is left out, and said: whoever wrote it is waited for
like one who said nothing. Anything else that cannot be read ends the run, in a sentence that names
the key.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from ..environment import MOST_WORKERS, shown
from ..errors import DistributedError
from .view import Report, View

LOG = logging.getLogger(__name__)
LARGEST_VALUE = 1 << 24
"""Bytes of a value that is read at all: reports of all workers of the largest run."""
MOST_VIEWS = 10_000_000
"""Views of a run: one a second, for four months."""
MOST_ROUNDS = 2**53
"""More than any training has; whole numbers up to there are exact everywhere."""
LONGEST_FAULT = 1000
"""Characters of what a worker says of itself."""

_Round = Annotated[int, Field(ge=0, le=MOST_ROUNDS)]
_Rank = Annotated[int, Field(ge=0, lt=MOST_WORKERS)]
_Ranks = Annotated[tuple[_Rank, ...], Field(max_length=MOST_WORKERS)]
_CHECKED = ConfigDict(strict=True, extra="forbid")


@dataclass(frozen=True)
class _StoredReport:
    __pydantic_config__ = _CHECKED
    rank: _Rank
    round: _Round
    digest: Annotated[str, Field(max_length=128)]
    joining: bool
    suspects: _Ranks


@dataclass(frozen=True)
class _StoredView:
    __pydantic_config__ = _CHECKED
    number: Annotated[int, Field(ge=1, le=MOST_VIEWS)]
    members: Annotated[_Ranks, Field(min_length=1)]
    committed: _Round
    joining: _Ranks
    fetching: _Ranks
    source: _Rank


_REPORT, _VIEW = TypeAdapter(_StoredReport), TypeAdapter(_StoredView)
T = TypeVar("T")


class DamagedStoreError(DistributedError):
    """The store has something under a key that no worker of this release puts there."""

    def __init__(self, key: str, what: str) -> None:
        super().__init__(
            f"the store of the run has {what} under {key!r}, which is nothing a worker says: start "
            "all nodes again with another --master-port, which strangers cannot reach"
        )


def read_reports(stored: bytes, key: str, size: int) -> dict[int, Report]:
    """Return the last report of each worker of a run of ``size``, by rank.

    Raises:
        DistributedError: there are more bytes than are read, or a worker has another release.
    """
    _check_length(stored, key)
    reports = {}
    for line in stored.splitlines():
        try:
            found = _parse(_REPORT, line, "Report")
        except ValidationError as error:
            _leave_out(line, key, _described(error))
            continue
        if not all(rank < size for rank in (found.rank, *found.suspects)):
            _leave_out(line, key, f"a worker of a larger run than of {size}")
            continue
        reports[found.rank] = Report(found.round, found.digest, found.joining, found.suspects)
    return reports


def read_view(stored: bytes, key: str, number: int, size: int) -> View:
    """Return the view ``number`` of a run of ``size`` workers.

    Raises:
        DistributedError: it is none, or of another release.
    """
    _check_length(stored, key)
    try:
        found = _parse(_VIEW, stored, "View")
    except ValidationError as error:
        raise DamagedStoreError(key, f"{_shown(stored)} ({_described(error)})") from None
    members = set(found.members)
    sound = (
        found.number == number
        and list(found.members) == sorted(members)
        and max(members) < size
        and set(found.joining) <= members
        and set(found.fetching) <= set(found.joining)
        and found.source in members
    )
    if not sound:
        raise DamagedStoreError(key, f"{_shown(stored)}, which contradicts itself or the run,")
    return View(number, found.members, found.committed, found.joining, found.fetching, found.source)


def read_count(stored: bytes, key: str, most: int = 2**63 - 1) -> int:
    """Return a number that workers count up.

    Raises:
        DistributedError: it is none, or beyond what can be.
    """
    if not (stored.isdigit() and len(stored) <= 19 and int(stored) <= most):
        raise DamagedStoreError(key, _shown(stored))
    return int(stored)


def read_fault(stored: bytes) -> str:
    """Return what a worker that cannot take part says of itself: one line, of what can be shown."""
    text = stored[: 4 * LONGEST_FAULT].decode(errors="replace")[:LONGEST_FAULT]
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _parse(kind: TypeAdapter[T], stored: bytes, name: str) -> T:
    try:
        return kind.validate_json(stored)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False, include_context=False)
        if others := sorted(set(_other_names(errors))):
            raise DistributedError(
                f"a worker of the run has another release, as its {name} differs in "
                f"{' and '.join(others[:5])}: install the same release for all workers"
            ) from None
        raise


def _other_names(errors: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the names of fields that are too many or too few, where that alone is wrong."""
    kinds = {error["type"] for error in errors}
    if kinds <= {"missing", "unexpected_keyword_argument"}:
        for error in errors:
            yield str(error["loc"][-1]) if str(error["loc"][-1]).isidentifier() else "a name"


def _check_length(stored: bytes, key: str) -> None:
    if not len(stored) <= LARGEST_VALUE:
        raise DamagedStoreError(key, f"{len(stored)} bytes")


def _leave_out(line: bytes, key: str, why: str) -> None:
    if (key, line) not in _LEFT_OUT:
        _LEFT_OUT.add((key, line))
        LOG.warning("a line in the store under %r is left out: %s (%s)", key, _shown(line), why)


_LEFT_OUT: set[tuple[str, bytes]] = set()
"""Lines that have been spoken of: reports are read again and again."""


def _described(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(map(str, first["loc"]))[:60]
    said = f"{place}: {first['msg']}" if place else first["msg"]
    return shown(said[:200])[1:-1]


def _shown(stored: bytes) -> str:
    return shown(stored[:61].decode(errors="replace"))
