"""Latency tables from few whole networks, on 27 devices: FBNet networks measured for HELP.

N of the 1000 networks are measured, a table is fitted, and the others are predicted. Figures are
medians over seeds of Spearman's rank correlation, of the mean absolute percentage error (MAPE),
and of the share of networks inside their 90 % interval (coverage). Those without a prefix are of N
random networks, and use nothing of other devices. Beside them:

- ``chosen``: N networks that :func:`latency.choose_networks` picks from 500 random ones;
- ``known_devices``: N random networks, and tables of the other devices as features (a chip's own
  other batch sizes left out);
- ``ridge``, a control: ridge regression on the same features and the counts of the nine choices,
  its penalty by leave-one-out;
- ``macs``, a control: a line through multiply-accumulates.

``--quick`` has three seeds, 10 and 20 networks, and leaves out ``chosen`` and ``known_devices``.

Data: Lee et al., HELP (2021), MIT licence. The columns eyeriss, fpga, pixel3 and raspi4 are sums
over HW-NAS-Bench's tables, so additive without error; four phones are in whole milliseconds.
"""

import csv
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, spearmanr
from sklearn.linear_model import LinearRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.fbnet import places
from benchmarks.harness import Figures, Rows, main
from latency import Description, choose_networks, count_uses, describe, fit_table

DATA = Path(__file__).parents[2] / "shared/data/latency/fbnet_27devices_1000.csv"
COUNTS = (10, 20, 50, 100)
SEEDS = range(100, 120)
"""Not those with which the constants of the prior were tried; the devices are the same."""
NAMED = ("raspi4", "eyeriss", "fpga")
POOL = 500
"""Random networks among which some are chosen."""
LIBRARY = 200
"""Networks from which the table of a known device is fitted."""

Array = NDArray[np.float64]
Networks = NDArray[np.intp]
Prediction = tuple[Array, Array | None]
"""Milliseconds of every network, and their standard deviation where the method states one."""


@dataclass(frozen=True)
class Data:
    """The networks in numbers, and how long each takes.

    ``uses`` is (networks, operations), ``choices`` (networks, 9) counts each choice over all
    places, ``milliseconds`` maps a device to (networks,).
    """

    uses: Array
    choices: Array
    operations: Description
    milliseconds: Mapping[str, Array]


@dataclass(frozen=True)
class Method:
    """A way to predict every network of a device from some, and how these are picked."""

    predict: Callable[[str, Networks], Prediction]
    pick: Callable[[Networks, int], Networks] = lambda order, count: order[:count]


def measure(quick: bool) -> tuple[Figures, Rows]:
    """Score every method on every device, for every number of measured networks."""
    data = _load(DATA)
    fitted = partial(_fitted, data, data.operations.costs)
    methods = {
        "": Method(fitted),
        "ridge_": Method(partial(_ridge, data)),
        "macs_": Method(partial(_macs, data)),
    }
    if not quick:
        methods["chosen_"] = Method(fitted, partial(_chosen, data))
        methods["known_devices_"] = Method(partial(_from_known_devices, data, _library(data)))
    seeds, counts = (SEEDS[:3], COUNTS[:2]) if quick else (SEEDS, COUNTS)
    orders = [np.random.default_rng(seed).permutation(len(data.uses)) for seed in seeds]
    figures: Figures = {}
    rows: Rows = []
    for prefix, method in methods.items():
        for count in counts:
            subsets = [method.pick(order, count) for order in orders]
            scores = {
                device: _scores(partial(method.predict, device), milliseconds, subsets)
                for device, milliseconds in data.milliseconds.items()
            }
            for device, score in scores.items():
                rows.append({"method": prefix, "device": device, "networks": count, **score})
                if device in NAMED:
                    figures |= {f"{prefix}{device}_{name}_{count}": score[name] for name in score}
            for name in scores[NAMED[0]]:
                mean = float(np.mean([score[name] for score in scores.values()]))
                figures[f"{prefix}mean_{len(scores)}_{name}_{count}"] = mean
    return figures, rows


def _load(path: Path) -> Data:
    if not path.is_file():
        sys.exit(f"{path} is missing: put the FBNet table of HELP's 27 devices there")
    with path.open(newline="") as file:
        header, *lines = csv.reader(file)
    chosen = [[int(choice) for choice in line[0].split()] for line in lines]
    candidates = [place.candidates for place in places()]
    networks = [
        [blocks[choice] for blocks, choice in zip(candidates, choices, strict=True)]
        for choices in chosen
    ]
    blocks = list(dict.fromkeys(block for row in candidates for block in row if block.layers))
    times = np.array([line[1:] for line in lines], float)
    return Data(
        count_uses(([block for block in network if block.layers] for network in networks), blocks),
        count_uses(chosen, range(len(candidates[0]))),
        describe(blocks),
        dict(zip(header[1:], times.T, strict=True)),
    )


def _fitted(data: Data, features: Array, device: str, measured: Networks) -> Prediction:
    milliseconds = data.milliseconds[device][measured]
    coordinates = data.operations.coordinates
    return fit_table(features, data.uses[measured], milliseconds, coordinates).predict(data.uses)


def _chosen(data: Data, order: Networks, count: int) -> Networks:
    pool = order[:POOL]
    operations = data.operations
    return pool[choose_networks(operations.costs, data.uses[pool], count, operations.coordinates)]


def _library(data: Data) -> dict[str, Array]:
    """Tables of all devices, in ms, each of shape (operations,)."""
    uses, operations = data.uses[:LIBRARY], data.operations
    return {
        device: fit_table(
            operations.costs, uses, milliseconds[:LIBRARY], operations.coordinates
        ).milliseconds
        for device, milliseconds in data.milliseconds.items()
    }


def _from_known_devices(
    data: Data, library: Mapping[str, Array], device: str, measured: Networks
) -> Prediction:
    tables = [table for other, table in library.items() if _chip(other) != _chip(device)]
    return _fitted(data, np.maximum(tables, 0).T, device, measured)


def _chip(device: str) -> str:
    """A device's name without the batch size that ends the names of GPUs."""
    return re.sub(r"_(1|32|64)$", "", device)


def _ridge(data: Data, device: str, measured: Networks) -> Prediction:
    inputs = np.hstack([data.uses @ data.operations.costs, data.choices])
    model = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 3, 13)))
    model.fit(inputs[measured], data.milliseconds[device][measured])
    return model.predict(inputs), None


def _macs(data: Data, device: str, measured: Networks) -> Prediction:
    names = data.operations.names
    columns = [index for index, name in enumerate(names) if "macs" in name]
    macs = (data.uses @ data.operations.costs[:, columns]).sum(1, keepdims=True)
    model = LinearRegression().fit(macs[measured], data.milliseconds[device][measured])
    return model.predict(macs), None


def _scores(
    predict: Callable[[Networks], Prediction], milliseconds: Array, subsets: list[Networks]
) -> dict[str, float]:
    """Medians over the subsets that are measured, of scores over all other networks."""
    found: dict[str, list[float]] = {}
    for measured in subsets:
        predicted, sd = predict(measured)
        rest = np.setdiff1d(np.arange(len(milliseconds)), measured)
        errors = np.abs(predicted - milliseconds)[rest]
        correlation = spearmanr(predicted[rest], milliseconds[rest]).statistic
        found.setdefault("spearman", []).append(float(correlation))
        found.setdefault("mape", []).append(float(100 * np.mean(errors / milliseconds[rest])))
        if sd is not None:
            inside = errors <= norm.ppf(0.95) * sd[rest]
            found.setdefault("coverage", []).append(float(100 * inside.mean()))
    return {name: float(np.median(values)) for name, values in found.items()}


if __name__ == "__main__":
    main("few_shot_tables", measure)
