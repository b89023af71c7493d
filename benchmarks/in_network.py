"""Entries timed inside whole networks, by ONNX Runtime's profiler, against entries timed alone.

Both predict networks nobody has seen (those of ``latency_error``), from the same 20 known ones:
``isolated`` is what tables do, calibrated by the 20; ``inside`` are means over the 20 of the
blocks' times there, as they are (``raw``) or times one scale. Mean absolute percentage errors.
``--quick`` has few networks of a small input, too hastily for its errors to mean much.
"""

import json
import multiprocessing
import random
import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.harness import Figures, Rows, main
from benchmarks.latency_error import NETWORKS, QUICK, SEED
from latency import Protocol, Settings, Table, calibrate, load_predictor, profile
from latency.engines import onnxruntime_options, random_images
from latency.measure import pin
from latency.profile import measure_networks
from latency.runtimes.onnxruntime import OnnxRuntime
from latency.sampling import calibration_networks, uniform_network, wide_network
from latency.statistics import ErrorStatistics
from search_spaces import Architecture, load_definition

PROCESSES, ROUNDS, WARMUPS, CALLS = 3, 4, 3, 10
BLOCK = re.compile(r"(?:convolution|mbconv|classifier)(\d+)\.")
"""How the nodes of an operation's graph are named: by its number in the network."""


def measure(quick: bool) -> tuple[Figures, Rows]:
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
        info = profile(space, path, "onnxruntime", protocol=QUICK if quick else Protocol())
        with Table.open(path) as table:
            operations = [one.operations for one in networks]
            keys = measure_networks(table, info, operations, QUICK if quick else NETWORKS)
            entries = table.entries(info.id, "network")
            calibrate(table, info, keys[:count])
        raw, calibrated = load_predictor(path, raw=True), load_predictor(path)
    measured = {one: entries[key].milliseconds for one, key in zip(networks, keys, strict=True)}
    inside, overhead = inside_times(known, processes=1 if quick else PROCESSES)

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
    networks: Sequence[Architecture], processes: int
) -> tuple[dict[str, float], float]:
    """Return milliseconds of operations inside these networks, by key, and those of no operation.

    Each is the mean over networks of the least time over all runs.
    """
    models = [OnnxRuntime().lower(one.operations, Settings()) for one in networks]
    least: dict[tuple[int, int], float] = {}
    context = multiprocessing.get_context("spawn")
    for seed in range(processes):
        with context.Pool(1) as pool:
            for place, ms in pool.apply(trace, (models, seed)).items():
                least[place] = min(ms, least.get(place, ms))
    found: dict[str, list[float]] = defaultdict(list)
    for (network, number), ms in least.items():
        key = networks[network].operations[number].key if number >= 0 else ""
        found[key].append(ms)
    overhead = float(np.mean(found.pop("")))
    return {key: float(np.mean(times)) for key, times in found.items()}, overhead


def trace(models: Sequence[bytes], seed: int) -> dict[tuple[int, int], float]:
    """Run models in rounds; return the least milliseconds by (model, operation; -1 for none)."""
    pin(1)
    least: dict[tuple[int, int], float] = {}
    order = list(range(len(models)))
    for _ in range(ROUNDS):
        random.Random(seed).shuffle(order)
        for number in order:
            for run in _runs(models[number]):
                for place, ms in run.items():
                    least[number, place] = min(ms, least.get((number, place), ms))
    return least


def _runs(model: bytes) -> list[dict[int, float]]:
    """Profile one session; nodes that the runtime inserts count for the operation before them."""
    import onnxruntime

    with tempfile.TemporaryDirectory() as folder:
        options = onnxruntime_options(threads=1)
        options.enable_profiling = True
        options.profile_file_prefix = f"{folder}/profile"
        session = onnxruntime.InferenceSession(model, options, ["CPUExecutionProvider"])
        (given,) = session.get_inputs()
        images = {given.name: random_images(given.shape)}
        for _ in range(WARMUPS + CALLS):
            session.run(None, images)
        events = json.loads(Path(session.end_profiling()).read_text())
    events.sort(key=lambda event: event["ts"])
    wholes = [event for event in events if event["name"] == "model_run"][WARMUPS:]
    nodes = [event for event in events if event["name"].endswith("_kernel_time")]
    found = []
    for whole in wholes:
        times: dict[int, float] = defaultdict(float)
        current = 0
        for node in nodes:
            if whole["ts"] <= node["ts"] < whole["ts"] + whole["dur"]:
                match = BLOCK.match(node["name"])
                current = int(match[1]) if match else current
                times[current] += node["dur"] / 1e3
        times[-1] = whole["dur"] / 1e3 - sum(times.values())
        found.append(dict(times))
    return found


if __name__ == "__main__":
    main("in_network", measure)
