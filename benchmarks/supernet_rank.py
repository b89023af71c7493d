"""Whether a supernet's accuracies rank networks as training from scratch does.

On CIFAR-10, in the space of ``small.toml``: a supernet trained on uniform paths, and random
networks of the whole space. Each is evaluated with the supernet's weights on held-out training
images, and trained from scratch and tested. ``spearman`` compares the two; ``macs_spearman`` is
what counting multiply-adds says, as a control. Everything is left in ``runs/supernet_rank``: the
same command goes on with it. ``--quick`` has fewer of everything, on the digits.
"""

import random
import sys
import tempfile
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from scipy.stats import kendalltau, spearmanr

from benchmarks.harness import Figures, Rows, main
from benchmarks.trainings import (
    CIFAR10,
    SMALL,
    held_out_batches,
    pool,
    submit_search,
    submit_trainings,
)
from latency import Protocol, load_predictor, profile
from proxyless import DeviceConfig, SearchConfig, TaskConfig
from proxyless.nas.evaluation import SupernetAccuracy
from proxyless.nas.trained_supernet import TrainedSupernet
from search_spaces import Architecture

SEED = 11


@dataclass(frozen=True)
class Setting:
    """How much of everything."""

    task: TaskConfig
    networks: int
    supernet_epochs: int
    train_epochs: int


FULL = Setting(TaskConfig(str(CIFAR10), str(SMALL), compute="cpu", compute_threads=1), 10, 18, 2)
QUICK = Setting(
    TaskConfig("digits", "tiny", batch_size=32, compute="cpu", compute_threads=1), 6, 3, 2
)


def measure(quick: bool) -> tuple[Figures, Rows]:
    """Train the supernet and the networks, and compare."""
    if not quick and not CIFAR10.exists():
        sys.exit(f"supernet_rank: CIFAR-10 is not at {CIFAR10}; --quick does without it")
    kept = nullcontext("runs/supernet_rank")
    with tempfile.TemporaryDirectory() if quick else kept as folder:
        return compare(QUICK if quick else FULL, Path(folder))


def compare(setting: Setting, folder: Path) -> tuple[Figures, Rows]:
    """Return rank correlations, and the accuracies they are of."""
    space = setting.task.expand_space()
    generator = random.Random(SEED)
    paths = {
        f"random{number}": [generator.randrange(len(block.candidates)) for block in space.blocks]
        for number in range(setting.networks)
    }
    networks = {name: Architecture.choose(space, path, name) for name, path in paths.items()}
    config = _supernet(setting, folder / "table.db")
    with pool() as jobs:
        training = submit_search(jobs, config, folder / "supernet")
        wanted = submit_trainings(
            jobs, setting.task, networks, setting.train_epochs, (setting.task.seed,), folder
        )
        training.result()
        scratch = [future.result() for future in wanted.values()]
    supernet = TrainedSupernet.of_run(folder / "supernet").supernet
    held_out = held_out_batches(config, space)
    accuracy = SupernetAccuracy(
        supernet, held_out, setting.task.batch_size, most=len(held_out.split)
    )
    shared = accuracy(list(paths.values()))
    rows: Rows = [
        {
            "network": name,
            "macs": one.macs,
            "supernet_accuracy": by_supernet,
            "accuracy": trained,
            "labels": " ".join(one.labels),
        }
        for (name, one), by_supernet, trained in zip(networks.items(), shared, scratch, strict=True)
    ]
    macs = [one.macs for one in networks.values()]
    figures = {
        "spearman": float(spearmanr(shared, scratch).statistic),
        "kendall": float(kendalltau(shared, scratch).statistic),
        "macs_spearman": float(spearmanr(macs, scratch).statistic),
        "networks": len(networks),
    }
    return figures, rows


def _supernet(setting: Setting, table: Path) -> SearchConfig:
    """Return a search that only trains weights; its budget lets every network through."""
    space = setting.task.expand_space()
    profile(space, table, protocol=Protocol(processes=1, rounds=1, calibration_networks=1, extra=0))
    _, slowest = load_predictor(table).bounds(space)
    return SearchConfig(
        setting.task,
        (DeviceConfig(str(table), max_ms=2 * slowest),),
        method="random",
        warmup_epochs=0,
        epochs=setting.supernet_epochs,
    )


if __name__ == "__main__":
    main("supernet_rank", measure)
