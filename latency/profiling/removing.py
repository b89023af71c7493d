"""Removing one profile from a table."""

from dataclasses import dataclass
from pathlib import Path

from search_spaces.errors import InputError

from ..prediction.predictor import listed_profiles
from ..prediction.profile_query import ProfileQuery
from ..tables.records import Method, ProfileInfo
from ..tables.table import Table


@dataclass(frozen=True)
class Removed:
    """A profile that was removed, and how many measurements with it."""

    profile: ProfileInfo
    measurements: int


def remove_profile(
    path: Path,
    query: ProfileQuery,
    version: str | None = None,
    method: Method | None = None,
    unfinished: bool = False,
) -> Removed:
    """Remove the one profile of a table that fits; everything else stays.

    ``version`` (of the runtime) and ``method`` tell those apart that a query does not; with
    ``unfinished``, only profiles fit that were begun and not ended.

    Raises:
        InputError: nothing says which one, none fits, or several do; the sentence lists them.
    """
    with Table.shrink(path) as table:
        removed = _remove(table, query, version, method, unfinished)
        table.compact()
    return removed


def _remove(
    table: Table,
    query: ProfileQuery,
    version: str | None,
    method: Method | None,
    unfinished: bool,
) -> Removed:
    path = table.path
    with table.transaction():
        profiles = table.profiles()
        if not profiles:
            raise InputError(f"table {path} holds no profile")
        if query == ProfileQuery() and not (version or method or unfinished):
            raise InputError(
                "say which profile to remove, with `device`, `runtime`, `threads`, `batch`, "
                f"`dtype`, `version` or `method`: table {path} holds {listed_profiles(profiles)}"
            )
        fitting = [
            info
            for info in profiles
            if query.fits(info)
            and version in (None, info.version)
            and method in (None, info.method)
            and not (unfinished and info.finished)
        ]
        if not fitting:
            raise InputError(
                f"no such profile in table {path}: it holds {listed_profiles(profiles)}"
            )
        if len(fitting) > 1:
            raise InputError(
                f"several profiles of table {path} fit: say more, to choose among "
                f"{listed_profiles(fitting)}"
            )
        (info,) = fitting
        return Removed(info, table.remove_profile(info.id))
