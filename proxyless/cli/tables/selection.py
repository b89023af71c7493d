"""Which profiles of a table an action looks at."""

from dataclasses import replace
from pathlib import Path

from latency import Predictor, ProfileQuery, Table, find_predictor
from latency.prediction.predictor import fitting_profiles


def load_any(table: Path, query: ProfileQuery) -> Predictor:
    """Load one profile to look at: where a table knows one device only, that is the one meant."""
    if query.device is None:
        with Table.read(table) as opened:
            known = {info.device.fingerprint for info in opened.profiles()}
        if len(known) == 1:
            query = replace(query, device=next(iter(known)))
    return find_predictor(table, query)


def load_every(table: Path, query: ProfileQuery) -> list[Predictor]:
    """Load every profile of a table that fits; of several versions of a runtime the newest."""
    with Table.read(table) as opened:
        fitting = fitting_profiles(opened, query)
    return [find_predictor(table, ProfileQuery.exactly(info)) for info in fitting]
