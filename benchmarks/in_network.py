"""Entries timed inside whole networks, by a runtime's profiler, against entries timed alone.

Both predict networks nobody has seen (those of ``latency_error``), from the same 20 known ones:
``isolated`` is what tables do, calibrated by the 20; ``inside`` are means over the 20 of the
blocks' times there, as they are (``raw``) or times one scale. Mean absolute percentage errors.
``--quick`` has few networks of a small input, too hastily for its errors to mean much.
"""

import multiprocessing
import random
import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path

import numpy as np

from benchmarks import litert_profiler, onnxruntime_profiler
from benchmarks.harness import Figures, Rows, main
from benchmarks.latency_error import NETWORKS, QUICK, SEED
from latency import (
    Protocol,
    Table,
    available_runtimes,
    calibrate,
    get_runtime,
    load_predictor,
    profile,
)
from latency.profiling.network_sampling import calibration_networks, uniform_network, wide_network
from latency.profiling.programs import measure_networks
from latency.runtimes import FileRuntime
from latency.statistics.prediction_errors import ErrorStatistics
from latency.timing.measurement import pin
from search_spaces import Architecture, load_definition
from search_spaces.layer import PoolLayer

PROCESSES, ROUNDS, WARMUPS, CALLS = 3, 4, 3, 10
BLOCK = re.compile(r"(?:convolution|mbconv|classifier)(\d+)\.")
"""How the nodes of an operation's graph are named: by its number in the network."""


def measure(quick: bool) -> tuple[Figures, Rows]:
    """Compare the two on every runtime that has a profiler."""
    figures: Figures = {}
    rows: Rows = []
    for runtime in sorted(TRACES.keys() & available_runtimes().keys()):
        found, compared = measure_runtime(runtime, quick)
        figures |= {f"{runtime}_{name}": value for name, value in found.items()}
        rows += [{"runtime": runtime, **row} for row in compared]
    return figures, rows


def measure_runtime(runtime: str, quick: bool) -> tuple[Figures, Rows]:
    """Profile, measure and trace on one core; then predict."""
    definition = load_definition("imagenet")
    space = (definition.adapt(resolution=64) if quick else definition).expand()
    count = 6 if quick else 20
    generator = random.Random(SEED)
    kinds = {
        "uniform": [uniform_network(space, generator) for _ in range(count)],
        "wide": [wide_network(space, generator) for _ in range(count)],
    }
    known = calibration_networks(space, count)
    networks = [*known, *kinds["uniform"], *kinds["wide"]]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.db"
        info = profile(space, path, runtime, protocol=QUICK if quick else Protocol())
        with Table.open(path) as table:
            operations = [one.operations for one in networks]
            keys = measure_networks(table, info, operations, QUICK if quick else NETWORKS)
            entries = table.entries(info.id, "network")
            calibrate(table, info, keys[:count])
        raw, calibrated = load_predictor(path, raw=True), load_predictor(path)
    measured = {one: entries[key].milliseconds for one, key in zip(networks, keys, strict=True)}
    inside, overhead = inside_times(runtime, known, 1 if quick else PROCESSES)

    def from_inside(network: Architecture) -> float:
        times = (inside.get(one.key, raw.milliseconds(one)) for one in network.active)
        return overhead + sum(times)

    logarithms = [np.log(measured[one] / from_inside(one)) for one in known]
    scale = float(np.exp(np.mean(logarithms)))
    predictors: dict[str, Callable[[Architecture], float]] = {
        "isolated_raw": lambda network: raw.network(network.operations),
        "isolated_calibrated": lambda network: calibrated.network(network.operations),
        "inside_raw": from_inside,
        "inside_scaled": lambda network: scale * from_inside(network),
    }
    figures: Figures = {"operations_seen_inside": len(inside)}
    rows: Rows = []
    for name, predict in predictors.items():
        for kind, unseen in kinds.items():
            predicted, actual = [predict(one) for one in unseen], [measured[one] for one in unseen]
            figures[f"{name}_{kind}_mape"] = ErrorStatistics.of(predicted, actual).mape
            rows.append({"predictor": name, "networks": kind, "predicted_ms": predicted})
    return figures, rows


def inside_times(
    runtime: str, networks: Sequence[Architecture], processes: int
) -> tuple[dict[str, float], float]:
    """Return milliseconds of operations inside these networks, by key, and those of no operation.

    Each is the mean over networks of the least time over all runs.
    """
    engine = get_runtime(runtime)
    assert isinstance(engine, FileRuntime)
    models = [engine.lower(one.operations, 1) for one in networks]
    least: dict[tuple[int, int], float] = {}
    context = multiprocessing.get_context("spawn")
    for seed in range(processes):
        with context.Pool(1) as pool:
            for place, ms in pool.apply(trace, (runtime, networks, models, seed)).items():
                least[place] = min(ms, least.get(place, ms))
    found: dict[str, list[float]] = defaultdict(list)
    for (network, number), ms in least.items():
        key = networks[network].operations[number].key if number >= 0 else ""
        found[key].append(ms)
    overhead = float(np.mean(found.pop("")))
    return {key: float(np.mean(times)) for key, times in found.items()}, overhead


def trace(
    runtime: str, networks: Sequence[Architecture], models: Sequence[bytes], seed: int
) -> dict[tuple[int, int], float]:
    """Run models in rounds; return the least milliseconds by (model, operation; -1 for none)."""
    pin(1)
    node_times, attribute = TRACES[runtime]
    least: dict[tuple[int, int], float] = {}
    order = list(range(len(models)))
    generator = random.Random(seed)
    for _ in range(ROUNDS):
        generator.shuffle(order)
        for model in order:
            for whole, nodes in node_times(models[model], WARMUPS, CALLS):
                times: dict[int, float] = defaultdict(float)
                numbers = attribute([name for name, _ in nodes], networks[model])
                for number, (_, ms) in zip(numbers, nodes, strict=True):
                    times[number] += ms
                times[-1] = whole - sum(times.values())
                for number, ms in times.items():
                    least[model, number] = min(ms, least.get((model, number), ms))
    return least


def by_name(names: Sequence[str], _network: Architecture) -> list[int]:
    """Return operations of ONNX nodes; those the runtime inserts go with the one before them."""
    numbers, current = [], 0
    for name in names:
        match = BLOCK.match(name)
        current = int(match[1]) if match else current
        numbers.append(current)
    return numbers


def by_order(names: Sequence[str], network: Architecture) -> list[int]:
    """Return operations of XNNPACK nodes: a layer with weights is one, what follows is its own."""
    layers = [
        number
        for number, operation in enumerate(network.operations)
        for layer in operation.layers
        if not isinstance(layer, PoolLayer)
    ]
    weighted = [name.startswith(("Convolution", "Fully Connected")) for name in names]
    assert sum(weighted) == len(layers), "XNNPACK has merged or split layers"
    return [layers[count - 1] for count in accumulate(weighted)]


Trace = Callable[[bytes, int, int], Iterator[tuple[float, list[tuple[str, float]]]]]
Attribution = Callable[[Sequence[str], Architecture], list[int]]
TRACES: dict[str, tuple[Trace, Attribution]] = {
    "onnxruntime": (onnxruntime_profiler.node_times, by_name),
    "litert": (litert_profiler.node_times, by_order),
}


if __name__ == "__main__":
    main("in_network", measure)
