"""The foot of the page: which release and which commands made what, when, and for what device."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..runs.provenance import Provenance
from .run import Run

UNKNOWN = (
    "Not recorded: an early release made it, or another program. The settings are listed in its "
    "section."
)


@dataclass(frozen=True)
class Origin:
    """What made some parts of a run: one command, or Python."""

    parts: Sequence[str]
    command: str | None
    note: str


@dataclass(frozen=True)
class Source:
    """Where a run's parts come from, and what its milliseconds are of."""

    name: str
    origins: Sequence[Origin]
    conditions: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Footer:
    """The provenance of a page: its own, and that of every run on it."""

    page: Provenance
    sources: Sequence[Source]

    @classmethod
    def of(cls, runs: Sequence[Run]) -> "Footer":
        """Gather what runs note of themselves."""
        return cls(
            Provenance.current(),
            [Source(run.name, _origins(run), _conditions(run)) for run in runs],
        )


def readable(date: str) -> str:
    """Write an ISO date and time in UTC as people read it."""
    return date.replace("T", " ").replace("+00:00", " UTC")


def _origins(run: Run) -> list[Origin]:
    """Gather parts by what made them, in the order they are made in."""
    made: dict[tuple[str | None, str] | None, list[str]] = {}
    for part in run.parts:
        found = run.provenance.get(part)
        made.setdefault((found.command, found.version) if found else None, []).append(part)
    origins = []
    for key, parts in made.items():
        if key is None:
            origins.append(Origin(parts, None, UNKNOWN))
            continue
        command, version = key
        dates = list(dict.fromkeys(readable(run.provenance[part].date) for part in parts))
        when = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
        by = "" if command else "called from Python; "
        origins.append(Origin(parts, command, f"{by}proxyless {version}, {when}"))
    return origins


def _conditions(run: Run) -> list[tuple[str, str]]:
    found = []
    if run.search is not None:
        found.append(("predicted for", run.search.result.profile))
    measured = dict.fromkeys(row.times.conditions for row in run.rows)
    found += [("measured with", conditions) for conditions in measured]
    sync = run.search.config.get("sync") if run.search else None
    if isinstance(sync, dict) and "workers" in sync:
        found.append(("searched by", f"{sync['workers']} workers together"))
    return found
