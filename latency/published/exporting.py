"""Export of tables: as CSV with all values, or as ProxylessNAS's YAML."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from search_spaces import Classifier, InputError, Operation
from search_spaces.files import write_atomically
from search_spaces.ours import check_replaceable

from ..prediction.predictor import Predictor
from ..tables.records import Entry
from ..tables.table import Table
from .key import PublishedKey
from .proxylessnas import ProxylessNAS, proxylessnas_key
from .yaml_table import write_yaml_table

EXPORT_FORMATS = ("csv", "proxylessnas")
COLUMNS = ("key", "label", "raw_ms", "corrected_ms", "standard_deviation_ms", "samples")


@dataclass(frozen=True)
class Exported:
    """The written file, and the keys of programs that the format cannot express."""

    path: Path
    entries: int
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class _Contents:
    """The content of one profile by key, for both formats."""

    overhead: dict[str, Entry]
    operations: dict[str, Operation]
    foreign: dict[str, Entry]
    deviations: dict[str, float]


def export_table(
    predictor: Predictor, path: Path, file_format: str = "csv", *, force: bool = False
) -> Exported:
    """Write one profile of a table as a file.

    ``csv`` has a row for every program except networks. ``proxylessnas`` has the operations that
    its keys can express: ``mean`` is what the operation adds to a network (corrected if the profile
    is calibrated); the call overhead is added to the classifier, so that rows add up to networks.

    A file that is there is only replaced if it begins as such a CSV does, holds the same already,
    or with ``force``.

    Raises:
        InputError: the format is unknown, there is nothing to write, the file is somebody else's,
            or writing fails.
    """
    if file_format not in EXPORT_FORMATS:
        raise InputError(
            f"there is no export format {file_format!r}: choose {' or '.join(EXPORT_FORMATS)}"
        )
    contents = _read(predictor)
    if not predictor.entries and not contents.foreign:
        raise InputError(f"{predictor.info} in table {predictor.path} has no entries to export")
    if file_format == "csv":
        rows = _csv_rows(predictor, contents)
        return _write(path, _csv_text(rows), len(rows), (), force)
    published, left_out = _yaml_rows(predictor, contents)
    if not published:
        raise InputError(
            f"no operation of {predictor.info} can be said in ProxylessNAS's keys: "
            "export it with `file_format` csv"
        )
    return _write(path, write_yaml_table(published), len(published), left_out, force)


def _read(predictor: Predictor) -> _Contents:
    profile = predictor.info.id
    with Table.read(predictor.path) as table:
        operations = {
            key: operation for key, (operation,) in table.programs(profile, "operation").items()
        }
        return _Contents(
            table.entries(profile, "overhead"),
            operations,
            table.entries(profile, "foreign"),
            _deviations(predictor, table),
        )


def _deviations(predictor: Predictor, table: Table) -> dict[str, float]:
    """Return standard deviations (ms) of corrections, of published values, or of medians."""
    if predictor.calibration is not None:
        return {key: sd for key, (_, sd) in predictor.calibration.corrections.items()}
    entries = {**predictor.entries, **table.entries(predictor.info.id, "foreign")}
    if predictor.info.method == "imported":
        return {key: entry.spread_ms for key, entry in entries.items()}
    medians: dict[str, list[float]] = {}
    for measurement in table.measurements(predictor.info.id):
        medians.setdefault(measurement.program, []).append(measurement.median_ms)
    return {key: float(np.std(values)) for key, values in medians.items()}


def _csv_rows(predictor: Predictor, contents: _Contents) -> list[tuple[object, ...]]:
    corrected: dict[str, float] = {}
    if predictor.calibration:
        corrected = dict.fromkeys(contents.overhead, predictor.overhead)
        corrected |= {key: ms for key, (ms, _) in predictor.calibration.corrections.items()}
    labels = {
        **dict.fromkeys(contents.overhead, "call overhead"),
        **{
            key: contents.operations[key].label if key in contents.operations else key
            for key in predictor.entries
        },
        **{key: PublishedKey.parse(key).layer for key in contents.foreign},
    }
    entries = {**contents.overhead, **predictor.entries, **contents.foreign}
    return [
        (
            key,
            label,
            entries[key].milliseconds,
            corrected.get(key, ""),
            contents.deviations.get(key, ""),
            entries[key].samples,
        )
        for key, label in labels.items()
    ]


def _csv_text(rows: list[tuple[object, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    return text.getvalue()


def _yaml_rows(
    predictor: Predictor, contents: _Contents
) -> tuple[dict[str, dict[str, float | int]], tuple[str, ...]]:
    rows: dict[str, dict[str, float | int]] = {}
    left_out = [key for key in predictor.entries if key not in contents.operations]
    for key, operation in contents.operations.items():
        name = proxylessnas_key(operation)
        if name is None:
            left_out.append(key)
            continue
        mean = predictor.milliseconds(operation)
        if isinstance(operation, Classifier):
            mean += predictor.overhead
        if mean < 0:
            raise InputError(
                f"{key} adds {mean:g} ms to a network ({predictor.info}), which no table can say: "
                "profile again, with more rounds"
            )
        deviation = contents.deviations.get(key, 0.0)
        rows[str(name)] = _yaml_row(predictor.entries[key], mean, deviation)
    for key, entry in contents.foreign.items():
        if _stays_foreign(key):
            rows[key] = _yaml_row(entry, entry.milliseconds, contents.deviations.get(key, 0.0))
        else:
            left_out.append(key)
    return rows, tuple(left_out)


def _yaml_row(entry: Entry, mean: float, deviation: float) -> dict[str, float | int]:
    return {"count": entry.samples, "mean": mean, "var": deviation**2}


def _stays_foreign(key: str) -> bool:
    """Return whether importing ProxylessNAS's format would keep the key unchanged."""
    parsed = PublishedKey.parse(key)
    return not {"se", "hs"} & set(parsed.fields) and ProxylessNAS().operation(parsed) is None


def _write(path: Path, text: str, entries: int, left_out: tuple[str, ...], force: bool) -> Exported:
    if not path.parent.is_dir():
        raise InputError(f"{path} cannot be written: there is no folder {path.parent}")
    content = text.encode()
    header = ",".join(COLUMNS).encode()
    check_replaceable(path, lambda there: there == content or there.startswith(header), force)
    write_atomically(path, content)
    return Exported(path, entries, left_out)
