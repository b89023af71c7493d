"""Which profiles of a table an action looks at."""

from pathlib import Path

from latency import Predictor, Table, load_predictor


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
        fitting = [
            info
            for info in opened.profiles()
            if runtime in (None, info.runtime)
            and threads in (None, info.settings.threads)
            and batch in (None, info.settings.batch)
            and (
                device is None
                or device == info.device.name
                or info.device.fingerprint.startswith(device)
            )
        ]
    newest = dict.fromkeys((info.device, info.runtime, info.settings) for info in fitting)
    return [
        load_predictor(table, name, where.fingerprint, settings.threads, settings.batch)
        for where, name, settings in newest
    ]
