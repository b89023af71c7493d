"""Whether a search beats chance: its network against others of the same predicted latency.

On CIFAR-10, in the space of ``small.toml``, for ONNX Runtime on this machine: one searched network,
ten random ones of the same predicted latency (within 3 %), and the uniform MBConv6 3x3 network
scaled in width to what the random ones measure, all trained alike from scratch. Accuracies are of
the test images, means over seeds. Everything is left in ``runs/search_quality``: the same command
goes on with it. ``--quick`` has fewer of everything, on the digits.
"""

import random
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.harness import Figures, Rows, main, measured_ms
from benchmarks.trainings import CIFAR10, SMALL, pool, submit_search, submit_trainings
from latency import Predictor, Protocol, Settings, Table, get_runtime, load_predictor, profile
from proxyless import DeviceConfig, SearchConfig, TaskConfig
from search_spaces import Architecture, Space, SpaceDefinition, load_definition

RUNTIME = "onnxruntime"
TOLERANCE = 0.03
SEED = 7
WIDTHS = tuple(np.arange(0.25, 2.0, 0.125).tolist())
"""Widths of the uniform network that are tried."""


@dataclass(frozen=True)
class Setting:
    """How much of everything."""

    task: TaskConfig
    networks: int
    seeds: tuple[int, ...]
    warmup_epochs: int
    search_epochs: int
    interval: int
    train_epochs: int


FULL = Setting(
    TaskConfig(str(CIFAR10), str(SMALL), compute="cpu", compute_threads=1),
    networks=10,
    seeds=(0, 1, 2),
    warmup_epochs=4,
    search_epochs=6,
    interval=2,
    train_epochs=3,
)
QUICK = Setting(
    TaskConfig("digits", "tiny", batch_size=32, compute="cpu", compute_threads=1),
    networks=2,
    seeds=(0,),
    warmup_epochs=1,
    search_epochs=2,
    interval=2,
    train_epochs=1,
)


def measure(quick: bool) -> tuple[Figures, Rows]:
    """Profile, search, train; compare."""
    setting = QUICK if quick else FULL
    if not quick and not CIFAR10.exists():
        sys.exit(f"search_quality: CIFAR-10 is not at {CIFAR10}; --quick does without it")
    kept = nullcontext("runs/search_quality")
    with tempfile.TemporaryDirectory() if quick else kept as folder:
        return compare(setting, Path(folder), Protocol(rounds=2, extra=0) if quick else Protocol())


def compare(setting: Setting, folder: Path, protocol: Protocol) -> tuple[Figures, Rows]:
    """Return the searched network's percentile among the random ones, and what it gains."""
    space = setting.task.expand_space()
    table = folder / "table.db"
    profile(space, table, RUNTIME, protocol=protocol)
    predictor = load_predictor(table, RUNTIME)
    limit = float(np.mean(predictor.bounds(space)))
    others = random_networks(space, predictor, limit, setting.networks)
    others["uniform"] = uniform_network(setting, others, folder / "uniform.db", protocol)
    config = SearchConfig(
        setting.task,
        (DeviceConfig(str(table), max_ms=limit, runtime=RUNTIME),),
        warmup_epochs=setting.warmup_epochs,
        epochs=setting.search_epochs,
        architecture_interval=setting.interval,
    )
    with pool() as jobs:
        searching = submit_search(jobs, config, folder / "search")
        wanted = submit_trainings(
            jobs, setting.task, others, setting.train_epochs, setting.seeds[:1], folder
        )
        (found,) = searching.result()
        networks = {"searched": found.architecture, **others}
        wanted |= submit_trainings(
            jobs, setting.task, networks, setting.train_epochs, setting.seeds, folder
        )
        accuracies = {key: future.result() for key, future in wanted.items()}
    measured = measure_all(list(networks.values()), folder / "measured.db", protocol)
    rows: Rows = [
        {
            "network": name,
            "measured_ms": ms,
            "macs": one.macs,
            "parameters": one.parameters,
            "accuracies": [accuracies[name, seed] for seed in setting.seeds],
            "labels": " ".join(one.labels),
        }
        for (name, one), ms in zip(networks.items(), measured, strict=True)
    ]
    figures = figures_of(rows) | {
        "search_confidence": found.result.confidence,
        "limit_ms": limit,
        "stated_error_percent": 100 * (predictor.relative_error() or float("inf")),
    }
    if len(setting.seeds) > 1:
        variances = [np.var(row["accuracies"], ddof=1) for row in rows]
        figures["seed_standard_deviation"] = 100 * float(np.sqrt(np.mean(variances)))
    return figures, rows


def figures_of(rows: Rows) -> Figures:
    """Compare mean accuracies."""
    means = {row["network"]: 100 * float(np.mean(row["accuracies"])) for row in rows}
    chance = [mean for name, mean in means.items() if name.startswith("random")]
    searched = means["searched"]
    return {
        "percentile_vs_random": 100 * float(np.mean([searched > one for one in chance])),
        "accuracy_gain_vs_random_mean": searched - float(np.mean(chance)),
        "accuracy_gain_vs_random_best": searched - max(chance),
        "accuracy_gain_vs_uniform": searched - means["uniform"],
        "searched_accuracy": searched,
        "random_standard_deviation": float(np.std(chance, ddof=1)),
    }


def random_networks(
    space: Space, predictor: Predictor, limit: float, count: int
) -> dict[str, Architecture]:
    """Draw networks evenly from those of the space within the tolerance of the limit."""
    generator = random.Random(SEED)
    found: dict[str, Architecture] = {}
    while len(found) < count:
        one = Architecture.random(space, generator)
        if abs(predictor.network(one.operations) / limit - 1) <= TOLERANCE:
            found[f"random{len(found)}"] = one
    return found


def uniform_network(
    setting: Setting, others: Mapping[str, Architecture], table: Path, protocol: Protocol
) -> Architecture:
    """Return MBConv6 3x3 in every block, of the width that takes nearest to what the others take.

    All are measured here, interleaved: its operations are not in the table of the space.
    """
    task = setting.task
    definition = load_definition(task.space)
    assert isinstance(definition, SpaceDefinition)
    candidates = replace(definition.candidates, expansions=(6,), kernels=(3,), skip=False)
    channels, resolution, _ = task.expand_space().input_shape
    uniform = replace(definition, candidates=candidates)
    found: dict[tuple[int, ...], Architecture] = {}
    for width in WIDTHS:
        space = uniform.adapt(
            channels=channels, resolution=resolution, width_multiplier=width
        ).expand()
        network = Architecture.choose(space, [0] * len(space.blocks), f"uniform-{width:.3g}")
        found[tuple(one.parameters for one in network.operations)] = network
    known, scaled = list(others.values()), list(found.values())
    times = measure_all([*known, *scaled], table, protocol)
    typical = float(np.median(times[: len(known)]))
    return min(
        zip(times[len(known) :], scaled, strict=True), key=lambda one: abs(one[0] - typical)
    )[1]


def measure_all(networks: Sequence[Architecture], table: Path, protocol: Protocol) -> list[float]:
    """Measure whole networks in turn, into a table of their own."""
    runtime = get_runtime(RUNTIME)
    with Table.open(table, create=True) as opened:
        info = opened.add_profile(runtime.device, RUNTIME, runtime.version, Settings(), {})
        return measured_ms(opened, info, networks, protocol)


if __name__ == "__main__":
    main("search_quality", measure)
