"""Time and memory of every search step against a plain training step of the very same path.

One core, channels last, as a user would run it. Memory is the peak of a fresh process above what
it had after importing. The plain step trains the derived network of the same path with PyTorch's
own modules: same batch, same optimiser; ``train`` is our training of that network. Figures that
end in ``_vs_nchw`` compare with the plain step in PyTorch's default memory format, which is what
the published code runs; the others with the faster channels-last one. ``search_epoch`` is of the
default schedule: a weight step, and a fifth of an exact-gate step on half the images
(``exact_gate_half``; the figures of all other steps are of the plain step's images).
Where NNI 3.0 is installed (``pip install --no-deps nni==3.0``, and what it then asks for), its
Proxyless strategy takes part: ``pair_vs_nni`` is a weight and an exact-gate step of ours by one
round of its.
"""

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import psutil
import torch
import torch.nn.functional as F

from benchmarks import nni
from benchmarks.harness import Figures, Rows, interleaved, main, median_ratio
from benchmarks.stock import stock
from latency import AdditiveCosts
from proxyless.config import Recipe
from proxyless.constraints.budget import Budget
from proxyless.engine.optimiser import make_optimizer
from proxyless.nas.architecture_parameters import ArchitectureParameters
from proxyless.nas.evaluation import evaluate_paths
from proxyless.nas.supernet import Supernet
from proxyless.nas.updates.gradient import ExactGates, gate_gradients
from proxyless.nas.updates.reinforce import SAMPLES
from search_spaces import Architecture, Space, load_definition
from search_spaces.modules import channels_last

STEPS = ("plain", "train", "weight", "exact_gate", "exact_gate_half", "two_path", "reinforce")
SETTINGS = {"224": ("imagenet", 8), "32": ("cifar", 64)}
ARCHITECTURE_INTERVAL = 5


def measure(quick: bool) -> tuple[Figures, Rows]:
    """Measure both spaces."""
    figures: Figures = {}
    rows: Rows = []
    for side, (space_name, batch) in SETTINGS.items():
        space = load_definition(space_name).expand()
        size = batch // 2 if quick else batch
        seconds = interleaved(steps(space, size), 1 if quick else 7)
        for name in STEPS[1:]:
            figures[f"{name}_step_{side}"] = median_ratio(seconds, name, "plain")
            figures[f"{name}_step_{side}_vs_nchw"] = median_ratio(seconds, name, "plain_nchw")
        figures[f"search_epoch_{side}"] = (
            figures[f"weight_step_{side}"]
            + figures[f"exact_gate_half_step_{side}"] / ARCHITECTURE_INTERVAL
        )
        figures[f"channels_last_speedup_{side}"] = median_ratio(seconds, "plain_nchw", "plain")
        if "nni_pair" in seconds:
            pairs = zip(
                *(seconds[name] for name in ("weight", "exact_gate", "nni_pair")), strict=True
            )
            figures[f"pair_vs_nni_{side}"] = median((w + g) / theirs for w, g, theirs in pairs)
        rows += [
            {"space": space_name, "batch": size, "step": name, "seconds": values}
            for name, values in seconds.items()
        ]
    figures["expected_latency_ms"] = expected_latency_ms(load_definition("imagenet").expand())
    batch = 4 if quick else SETTINGS["224"][1]
    peaks: dict[str, list[float]] = {name: [] for name in STEPS}
    for _ in range(1 if quick else 5):
        for name, found in peaks.items():
            found.append(peak_memory(name, batch))
    for name in STEPS[1:]:
        figures[f"memory_{name}"] = median(peaks[name]) / median(peaks["plain"])
    rows.append({"space": "imagenet", "peak_mb_above_import": peaks})
    return figures, rows


def steps(space: Space, batch: int, only: str | None = None) -> dict[str, Callable[[], object]]:
    """Return one call a step, all on the same path and batch; ``only`` builds what one needs."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    generator = random.Random(0)
    choices = [len(block.candidates) for block in space.blocks]
    path, *sampled = ([generator.randrange(count) for count in choices] for _ in range(SAMPLES + 1))
    images = torch.randn(batch, *space.input_shape).contiguous(memory_format=torch.channels_last)
    labels = torch.randint(0, space.classes, (batch,))
    calls: dict[str, Callable[[], object]] = {}
    if only in (None, "plain"):
        network = channels_last(stock(Architecture.choose(space, path).build()))
        calls["plain"] = _training_step(network, lambda: network(images), labels)
    if only in (None, "train"):
        ours = channels_last(Architecture.choose(space, path).build())
        calls["train"] = _training_step(ours, lambda: ours(images), labels)
    if only is None:
        nchw = stock(Architecture.choose(space, path).build())
        planes = images.contiguous()
        calls["plain_nchw"] = _training_step(nchw, lambda: nchw(planes), labels)
        if nni.INSTALLED:
            calls["nni_pair"] = nni.pair(space, images, labels, path)
    if only not in ("plain", "train"):
        supernet = channels_last(Supernet(space))
        share = round(ExactGates.batch_share * batch)
        half = images[:share].contiguous(memory_format=torch.channels_last)
        few = labels[:share]
        everything = [list(range(count)) for count in choices]
        pairs = [[choice, (choice + 1) % n] for choice, n in zip(path, choices, strict=True)]
        calls |= {
            "weight": _training_step(supernet, lambda: supernet(images, path), labels),
            "exact_gate": lambda: gate_gradients(supernet, images, labels, path, everything),
            "exact_gate_half": lambda: gate_gradients(supernet, half, few, path, everything),
            "two_path": lambda: gate_gradients(supernet, images, labels, path, pairs),
            "reinforce": lambda: evaluate_paths(supernet, images, labels, sampled),
        }
    return calls


def _training_step(
    module: torch.nn.Module, forward: Callable[[], torch.Tensor], labels: torch.Tensor
) -> Callable[[], None]:
    optimizer = make_optimizer(Recipe(learning_rate=1e-3), module.parameters())

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(F.cross_entropy(forward(), labels))
        optimizer.step()

    return step


def expected_latency_ms(space: Space) -> float:
    """Return the milliseconds of E[latency] and its gradient over all gates."""
    parameters = ArchitectureParameters.for_space(space, torch.Generator().manual_seed(0))
    costs = AdditiveCosts(1.0, torch.rand(parameters.mask.shape, dtype=torch.float64))
    middle = sum(costs.bounds(parameters.mask)) / 2
    target = Budget("target_ms", "ms", costs, middle, "match")
    nothing = torch.zeros(parameters.mask.shape, dtype=torch.float64)
    repetitions = 1000
    start = time.perf_counter()
    for _ in range(repetitions):
        target.gradient(nothing, 0.0, parameters.probabilities())
    return (time.perf_counter() - start) / repetitions * 1e3


def peak_memory(step: str, batch: int) -> float:
    """Return the megabytes that three of these steps need in a fresh process, above import."""
    command = [sys.executable, "-m", "benchmarks.search_cost", "--memory", step, str(batch)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(json.loads(printed))


def _print_peak(step: str, batch: int) -> None:
    before = psutil.Process().memory_info().rss
    call = steps(load_definition("imagenet").expand(), batch, only=step)[step]
    for _ in range(3):
        call()
    print(json.dumps((_peak_bytes() - before) / 2**20))


def _peak_bytes() -> int:
    """Return the high-water mark of this process since it was started (Linux)."""
    status = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in status if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    if sys.argv[1:2] == ["--memory"]:
        _print_peak(sys.argv[2], int(sys.argv[3]))
    else:
        main("search_cost", measure)
