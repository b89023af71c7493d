"""The page's footer: commands, releases and dates of every part, and the measured devices."""

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
    """The origin of some parts of a run: one command, or a call from Python."""

    parts: Sequence[str]
    command: str | None
    note: str


@dataclass(frozen=True)
class Source:
    """The origins of a run's parts, and the conditions that its milliseconds are of."""

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
        """Collect the provenance of runs."""
        return cls(
            Provenance.current(),
            [Source(run.name, _origins(run), _conditions(run)) for run in runs],
        )


def readable(date: str) -> str:
    """Format an ISO date and time in UTC for readers."""
    return date.replace("T", " ").replace("+00:00", " UTC")


def _origins(run: Run) -> list[Origin]:
    """Group parts by command and release, in the order in which they are made."""
    parts_by_origin: dict[tuple[str | None, str] | None, list[str]] = {}
    for part in run.parts:
        provenance = run.provenance.get(part)
        parts_by_origin.setdefault(
            (provenance.command, provenance.version) if provenance else None, []
        ).append(part)
    origins = []
    for key, parts in parts_by_origin.items():
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
    rows = []
    if run.search is not None:
        rows.append(("predicted for", run.search.result.profile))
    measured = dict.fromkeys(row.times.conditions for row in run.rows)
    rows += [("measured with", conditions) for conditions in measured]
    sync = run.search.config.get("sync") if run.search else None
    if isinstance(sync, dict) and "workers" in sync:
        rows.append(("searched by", f"{sync['workers']} workers together"))
    return rows
