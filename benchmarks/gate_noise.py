"""Where the noise of gate gradients comes from: the path they are behind, or the images.

After a short search, architecture gradients of many paths are taken, each on a batch of images of
its own, and on the first half, quarter and eighth of it. Figures are their standard deviation by
that of the whole batch, root mean square over candidates. Were images the only source, half of them
would leave 1.41 times as much; were paths, 1. On CIFAR-10 in the space of ``small.toml``;
``--quick`` on the digits.
"""

import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import torch

from benchmarks.harness import Figures, Rows, main
from benchmarks.trainings import CIFAR10, SMALL, held_out_batches
from latency import Protocol, load_predictor, profile
from proxyless import DeviceConfig, SearchConfig, TaskConfig, search
from proxyless.nas.architecture_parameters import ArchitectureParameters
from proxyless.nas.trained_supernet import TrainedSupernet
from proxyless.nas.updates.base import softmax_gradient
from proxyless.nas.updates.gradient import gate_gradients
from search_spaces.modules import channels_last

BATCH, PATHS, QUICK_PATHS = 64, 60, 24
DIVISORS = (1, 2, 4, 8)


def measure(quick: bool) -> tuple[Figures, Rows]:
    """Train a supernet and sample gradients."""
    if not quick and not CIFAR10.exists():
        sys.exit(f"gate_noise: CIFAR-10 is not at {CIFAR10}; --quick does without it")
    data, space_name = ("digits", "tiny") if quick else (str(CIFAR10), str(SMALL))
    task = TaskConfig(data, space_name, compute="cpu", compute_threads=1)
    space = task.expand_space()
    with tempfile.TemporaryDirectory() as name:
        table, run = Path(name) / "table.db", Path(name) / "run"
        profile(
            space, table, protocol=Protocol(processes=1, rounds=1, calibration_networks=1, extra=0)
        )
        limit = sum(load_predictor(table).bounds(space)) / 2
        config = SearchConfig(
            task,
            (DeviceConfig(str(table), max_ms=limit),),
            warmup_epochs=1 if quick else 2,
            epochs=2,
        )
        search(config, run)
        trained = TrainedSupernet.of_run(run)
    supernet = channels_last(trained.supernet)
    batches = held_out_batches(config, space)
    generator = torch.Generator().manual_seed(0)
    parameters = ArchitectureParameters.for_space(space, generator)
    probabilities = parameters.probabilities().double()
    every = [row.nonzero()[:, 0].tolist() for row in parameters.mask]
    found = defaultdict(list)
    for path in parameters.sample(generator, QUICK_PATHS if quick else PATHS).tolist():
        order = torch.randperm(len(batches.split), generator=generator)
        images, labels = batches(order[:BATCH])
        for divisor in DIVISORS:
            count = BATCH // divisor
            gates = gate_gradients(supernet, images[:count], labels[:count], path, every)["gates"]
            found[divisor].append(softmax_gradient(probabilities, gates.double()))
    variances = {
        divisor: float(torch.stack(all_).var(0)[parameters.mask].mean())
        for divisor, all_ in found.items()
    }
    figures = {
        f"noise_of_1_in_{divisor}": (variance / variances[1]) ** 0.5
        for divisor, variance in variances.items()
    }
    return figures, []


if __name__ == "__main__":
    main("gate_noise", measure)
