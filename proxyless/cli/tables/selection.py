"""Which profiles of a table an action looks at."""

from pathlib import Path

from latency import Predictor, Table, load_predictor
from latency.predict import fitting_profiles


def load_any(
    table: Path,
    runtime: str | None = None,
    device: str | None = None,
    threads: int | None = None,
    batch: int | None = None,
) -> Predictor:
    """Load one profile to look at: where a table knows one device only, that is the one meant."""
    if device is None:
        with Table.open(table) as opened:
            known = {info.device.fingerprint for info in opened.profiles()}
        if len(known) == 1:
            (device,) = known
    return load_predictor(table, runtime, device, threads, batch)


def load_every(
    table: Path,
    runtime: str | None = None,
    device: str | None = None,
    threads: int | None = None,
    batch: int | None = None,
) -> list[Predictor]:
    """Load every profile of a table that fits; of several versions of a runtime the newest."""
    with Table.open(table) as opened:
        fitting = fitting_profiles(opened, runtime, device, threads, batch)
    return [
        load_predictor(
            table,
            info.runtime,
            info.device.fingerprint,
            info.settings.threads,
            info.settings.batch,
        )
        for info in fitting
    ]
