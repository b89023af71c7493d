"""What made the parts of a run: which command, of which release, and when.

A run keeps it in ``provenance.json``, by the part that was made: ``search``, ``train``, or the name
of a file. What is not known is left out; nothing is guessed.
"""

import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from search_spaces import InputError
from search_spaces.files import write_atomically
from search_spaces.schema import parse, read_json

from ..version import __version__
from .command import running_command

FILE = "provenance.json"


def now() -> str:
    """Return the date and time in UTC, to the second, as ISO 8601.

    The environment's ``SOURCE_DATE_EPOCH`` (seconds since 1970) stands in for the clock where it is
    set, as reproducible builds agreed: https://reproducible-builds.org/specs/source-date-epoch/

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
    """What made one part of a run.

    ``command`` is None where Python called the library and no command line did; ``date`` is when
    it was finished (see :func:`now`).
    """

    version: str
    date: str
    command: str | None = None

    @classmethod
    def current(cls) -> Self:
        """Return what makes things in this process, now."""
        return cls(__version__, now(), running_command())


def record(run: Path, part: str) -> None:
    """Note in a run that this process has just made a part of it.

    Raises:
        InputError: what was noted before is damaged.
    """
    noted = {**load_provenance(run), part: Provenance.current()}
    content = {name: asdict(one) for name, one in noted.items()}
    write_atomically(run / FILE, json.dumps(content, indent=1).encode())


def load_provenance(run: Path) -> dict[str, Provenance]:
    """Return what a run notes of its parts; nothing where an early release made it.

    Raises:
        InputError: the file is damaged.
    """
    path = run / FILE
    if not path.is_file():
        return {}
    try:
        return parse(dict[str, Provenance], read_json(path, "provenance"), str(path))
    except InputError as error:
        raise InputError(f"{error}: nothing but the report reads it; delete it") from None
