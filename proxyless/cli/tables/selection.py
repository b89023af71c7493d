"""Which profiles of a table an action looks at."""

from dataclasses import replace
from pathlib import Path

from latency import Predictor, Table, Wanted, load_wanted
from latency.prediction.predictor import fitting_profiles


def load_any(table: Path, wanted: Wanted) -> Predictor:
    """Load one profile to look at: where a table knows one device only, that is the one meant."""
    if wanted.device is None:
        with Table.open(table) as opened:
            known = {info.device.fingerprint for info in opened.profiles()}
        if len(known) == 1:
            wanted = replace(wanted, device=next(iter(known)))
    return load_wanted(table, wanted)


def load_every(table: Path, wanted: Wanted) -> list[Predictor]:
    """Load every profile of a table that fits; of several versions of a runtime the newest."""
    with Table.open(table) as opened:
        fitting = fitting_profiles(opened, wanted)
    return [load_wanted(table, Wanted.exactly(info)) for info in fitting]
