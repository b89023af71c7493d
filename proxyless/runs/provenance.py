"""The provenance of a run's parts: the command, the release and the date.

A run keeps it in ``provenance.json``, by part: ``search``, ``train``, or the name of a file. Parts
of unknown provenance are missing there.
"""

import json
import logging
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field

from search_spaces import InputError
from search_spaces.files import write_atomically
from search_spaces.numbers import Name
from search_spaces.schema import parse, read_json

from ..version import __version__
from .command import running_command

FILE = "provenance.json"
LOG = logging.getLogger("proxyless.runs")
Command = Annotated[str, Field(strict=True, max_length=100_000)]
"""A command: that of a search for many devices has many options."""


def now() -> str:
    """Return the date and time in UTC, to the second, as ISO 8601.

    The environment variable ``SOURCE_DATE_EPOCH`` (seconds since 1970) replaces the clock if it is
    set, for reproducible builds: https://reproducible-builds.org/specs/source-date-epoch/

    Raises:
        InputError: ``SOURCE_DATE_EPOCH`` is no whole number of seconds that is a date.
    """
    fixed = os.environ.get("SOURCE_DATE_EPOCH")
    if fixed is None:
        return datetime.now(UTC).isoformat(timespec="seconds")
    try:
        return datetime.fromtimestamp(int(fixed), UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        raise InputError(
            f"SOURCE_DATE_EPOCH {fixed!r} is no date: give seconds since 1970, or unset it"
        ) from None


@dataclass(frozen=True)
class Provenance:
    """The provenance of one part of a run.

    ``command`` is None if the library was called from Python; ``date`` is when the part was
    finished (see :func:`now`).
    """

    version: Name
    date: Name
    command: Command | None = None

    @classmethod
    def current(cls) -> Self:
        """Return the provenance of parts that this process makes now."""
        return cls(__version__, now(), running_command())


def record(run: Path, part: str) -> None:
    """Record in a run that this process has just made a part of it.

    What was made counts more than the note: a provenance file that is damaged is left as it is,
    with a warning.

    Raises:
        InputError: the file cannot be written.
    """
    try:
        known = load_provenance(run)
    except InputError as error:
        LOG.warning("how %s was made is not noted: %s", part, error)
        return
    provenance = {**known, part: Provenance.current()}
    content = {name: asdict(origin) for name, origin in provenance.items()}
    write_atomically(run / FILE, json.dumps(content, indent=1).encode())


def load_provenance(run: Path) -> dict[str, Provenance]:
    """Return the provenance of a run's parts; empty for runs of early releases.

    Raises:
        InputError: the file is damaged.
    """
    path = run / FILE
    if not path.exists():
        return {}
    try:
        return parse(dict[Name, Provenance], read_json(path, "provenance"), str(path))
    except InputError as error:
        raise InputError(f"{error}: nothing but the report reads it; delete it") from None
