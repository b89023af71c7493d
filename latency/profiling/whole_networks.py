"""Tables for devices that run nothing smaller than a whole network.

Draw the networks that say most, run each on the device with whatever it has, write the
milliseconds into the list, fit a table to it.
"""

import csv
import io
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from search_spaces import Architecture, InputError, Operation, Space
from search_spaces.files import make_folder, write_atomically
from search_spaces.graphs.onnx import onnx_model
from search_spaces.graphs.tflite import tflite_model
from search_spaces.graphs.tflite_schema import tflite_schema
from search_spaces.graphs.weights import random_weights
from search_spaces.nearest import did_you_mean_path
from search_spaces.numbers import LONGEST_MS
from search_spaces.ours import check_replaceable, holds
from search_spaces.sheet import NUMBER, parse_sheet, read_foreign_text

from ..estimation.features import count_uses, describe
from ..estimation.few_shot import MINIMUM_NETWORKS, FittedTable, fit_table
from ..estimation.network_choice import choose_networks
from ..estimation.repeatability import PRIOR
from ..statistics.prediction_errors import ErrorStatistics
from ..statistics.variance import VarianceEstimate
from ..tables.file import removed_on_failure
from ..tables.names import check_name
from ..tables.records import Calibration, ProfileInfo
from ..tables.table import Table
from ..timing.device import Device
from ..timing.settings import Settings
from .network_sampling import calibration_networks
from .programs import OVERHEAD
from .protocol import MOST_NETWORKS

LIST = "networks.csv"
IS_ARCHITECTURE = holds(b'"proxyless.architecture"')
COLUMNS = ("file", "milliseconds")
MOST_FOLDS = 50
"""Fits without some of the networks, to find the error; with more networks, several at once."""
POOL = 300
"""Random networks among which the most informative are sought."""


@dataclass(frozen=True)
class MeasuredNetwork:
    """A network and what one call of it took."""

    architecture: Architecture
    milliseconds: float


def draw_networks(
    space: Space, folder: Path, count: int, model_format: str = "onnx", batch: int = 1
) -> list[Path]:
    """Write the ``count`` networks to measure, with random weights, and the list to fill in.

    Each is a model file and its architecture beside it; the list is a CSV of file names whose
    milliseconds are empty.

    Raises:
        InputError: the folder holds a list already, the format is unknown, or the space has too
            few networks.
    """
    if model_format not in ("onnx", "tflite"):
        raise InputError(f"there is no format {model_format!r}: choose onnx or tflite")
    if count < 1:
        raise InputError(f"`networks` {count} is not at least 1")
    if model_format == "tflite":
        tflite_schema()  # refuse before a folder is made
    batch = Settings(batch=batch).batch
    if (folder / LIST).exists():
        raise InputError(f"{folder / LIST} exists already: name another folder")
    pool = calibration_networks(space, POOL, seed=1)
    known = describe(space.operations())
    uses = _uses(space, [network.operations for network in pool])
    chosen = choose_networks(known.costs, uses, count, known.coordinates)
    random.Random(0).shuffle(numbers := chosen.tolist())
    files = [folder / f"network-{number:03}.{model_format}" for number in range(len(numbers))]
    for file in files:  # what a drawing that was killed left behind is ours
        described = file.with_suffix(".json")
        check_replaceable(described, IS_ARCHITECTURE)
        if file.exists() and not described.exists():
            raise InputError(f"{file} exists already: name another folder")
    make_folder(folder)
    for file, index in zip(files, numbers, strict=True):
        architecture = pool[index]
        architecture.save(file.with_suffix(".json"))
        write_atomically(file, _model(architecture, model_format, batch))
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([file.name, ""] for file in files)
    write_atomically(folder / LIST, text.getvalue().encode())
    return files


def read_networks(path: Path) -> list[MeasuredNetwork]:
    """Read a list of files and milliseconds; each file's architecture lies beside it.

    It has the file's name and the ending .json, or the name a run gives it, architecture.json.

    Raises:
        InputError: the list, a line of it or an architecture cannot be read; names the line.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder: name the list in it, as {path / LIST}")
    if not path.exists():
        near = did_you_mean_path(path, lambda file: file.suffix == ".csv")
        raise InputError(
            f"list {path} does not exist{near}: `proxyless tables draw` writes one to fill in"
        )
    text = read_foreign_text(path, "list")
    try:
        sheet = parse_sheet(text, f"list {path}")
    except InputError as error:
        raise InputError(f"{error} ({' and '.join(COLUMNS)})") from None
    if set(COLUMNS) - set(sheet.columns) or not sheet.rows:
        raise InputError(f"list {path} has no columns {' and '.join(COLUMNS)}: add them")
    if len(sheet.rows) > MOST_NETWORKS:
        raise InputError(f"list {path} has more than {MOST_NETWORKS} networks: leave some out")
    measured: dict[str, MeasuredNetwork] = {}
    for row, milliseconds in zip(sheet.rows, sheet.numbers("milliseconds"), strict=True):
        file = row.cells["file"]
        if file in measured:
            raise InputError(
                f"list {path}, line {row.line}: {file!r:.80} is there twice: keep one of the lines"
            )
        measured[file] = _measured(path, row.line, file, milliseconds)
    return list(measured.values())


def fit_networks(
    space: Space,
    measured: Sequence[MeasuredNetwork],
    table: Table | Path,
    device: Device,
    runtime: str,
    settings: Settings,
) -> tuple[ProfileInfo, Calibration]:
    """Fit every operation of a space to measured networks and store the profile.

    Its error is found by fitting again without each network in turn, or, of more than
    ``MOST_FOLDS``, without several at a time. ``table`` is an open one, or a file that is
    opened, or made, once the fit is done.

    Raises:
        InputError: there are fewer than four networks, one is not of the space, the name of device
            or runtime is none, or the table has a fit of another space for this device.
    """
    check_name(device.name, "device", "name the device that was measured")
    check_name(runtime, "runtime", "name what the networks were run with")
    if len(measured) <= MINIMUM_NETWORKS:
        raise InputError(
            f"{len(measured)} measured networks are too few: measure {MINIMUM_NETWORKS + 1}"
        )
    uses = _uses(space, [network.architecture.operations for network in measured])
    calibration = _calibration(
        space, uses, np.array([network.milliseconds for network in measured])
    )
    address = (device, runtime, settings)
    if isinstance(table, Table):
        return _store(table, address, space, uses, calibration), calibration
    with removed_on_failure(table), Table.open(table, create=True) as opened:
        return _store(opened, address, space, uses, calibration), calibration


def _store(
    table: Table,
    address: tuple[Device, str, Settings],
    space: Space,
    uses: np.ndarray,
    calibration: Calibration,
) -> ProfileInfo:
    """Write a fitted profile; ``address`` is its device, runtime and settings."""
    device, runtime, settings = address
    overhead = calibration.overhead_ms
    with table.transaction():
        info = table.add_profile(device, runtime, "unknown", settings, {}, "fitted")
        others = set(table.entries(info.id)) - calibration.corrections.keys()
        if others:
            raise InputError(
                f"table {table.path} holds a fit of another space ({info}), for {min(others)} and "
                "more: name another `table` or `device` for this one"
            )
        table.add_program(OVERHEAD.key, "overhead", OVERHEAD.operations)
        table.add_estimate(info.id, OVERHEAD.key, overhead, 0.0, len(uses))
        for operation, networks in zip(space.operations(), (uses > 0).sum(0), strict=True):
            table.add_program(operation.key, "operation", [operation])
            ms, sd = calibration.corrections[operation.key]
            table.add_estimate(info.id, operation.key, overhead + ms, sd, int(networks))
        table.set_calibration(info.id, calibration)
        table.check()
    return info


def _calibration(space: Space, uses: np.ndarray, milliseconds: np.ndarray) -> Calibration:
    """Fit the operations of a space; the error is that of fits without each network in turn.

    Of more than ``MOST_FOLDS`` networks, several are left out at a time.

    ``uses`` (networks, operations) counts how often networks have operations; ``milliseconds``
    (networks,) is what they took.
    """
    known = describe(space.operations())

    def fit(rows: np.ndarray) -> FittedTable:
        return fit_table(known.costs, uses[rows], milliseconds[rows], known.coordinates)

    rows = np.arange(len(milliseconds))
    held_out = np.zeros(len(rows))
    folds = min(len(rows), MOST_FOLDS)
    for fold in range(folds):
        left_out = rows % folds == fold
        held_out[left_out] = fit(rows[~left_out]).predict(uses[left_out])[0]
    fitted = fit(rows)
    _check_times(held_out, "by the others")
    _check_times(fitted.predict(uses)[0], "by the fit")
    keys = [operation.key for operation in space.operations()]
    calibration = Calibration(
        networks=len(rows),
        overhead_ms=fitted.intercept,
        fit_error=VarianceEstimate(
            float(np.mean((milliseconds / held_out - 1) ** 2)), len(rows) - 1
        ),
        session_error=PRIOR,
        raw=None,
        held_out=ErrorStatistics.of(held_out, milliseconds),
        noise_floor=None,
        corrections={
            key: (float(ms), float(sd))
            for key, ms, sd in zip(keys, fitted.milliseconds, fitted.sd, strict=True)
        },
    )
    if (wrong := calibration.impossible_correction()) is not None:
        raise InputError(
            f"the measured networks contradict each other: {wrong} would take less than no time: "
            "measure again, or leave those out that are wrong"
        )
    return calibration


def _check_times(milliseconds: np.ndarray, origin: str) -> None:
    """Refuse predicted latencies of measured networks, (networks,), that are no times."""
    for number, predicted in enumerate(milliseconds, start=1):
        if not 0 < predicted < float("inf"):
            raise InputError(
                f"the measured networks contradict each other: {origin}, network {number} of the "
                f"list would take {predicted:g} ms: measure it again, or leave it out"
            )


def _uses(space: Space, networks: Sequence[Sequence[Operation]]) -> np.ndarray:
    active = [
        [operation.key for operation in network if not operation.free] for network in networks
    ]
    return count_uses(active, [operation.key for operation in space.operations()])


def _model(architecture: Architecture, model_format: str, batch: int) -> bytes:
    operations = architecture.active
    weights = random_weights(operations)
    if model_format == "tflite":
        return tflite_model(operations, weights, batch)
    return onnx_model(operations, weights, batch).SerializeToString()


def _measured(path: Path, line: int, name: str, text: str) -> MeasuredNetwork:
    milliseconds = float(text) if NUMBER.fullmatch(text) else float("nan")
    if not 0 < milliseconds <= LONGEST_MS:
        raise InputError(
            f"list {path}, line {line}: {text!r:.40} is not a latency in ms: fill in "
            "what was measured, or delete the line"
        )
    if not name:
        raise InputError(f"list {path}, line {line} names no file: write it, or delete the line")
    try:
        file = path.parent / name
        beside = file.with_suffix(".json")
        of_run = file.with_name("architecture.json")
        architecture = next((one for one in (beside, of_run) if one.exists()), None)
    except (OSError, ValueError):  # a name of zero bytes, of dots alone, or too long
        raise InputError(
            f"list {path}, line {line}: {name!r:.80} is no name of a file: write it, or delete the "
            "line"
        ) from None
    if architecture is None:
        raise InputError(
            f"list {path}, line {line}: beside {name!r:.80} lies no architecture, neither "
            f"{beside.name} nor {of_run.name}: put it there"
        )
    return MeasuredNetwork(Architecture.load(architecture), milliseconds)
