"""Whether exported files compute what PyTorch computes, and how long an export takes.

Every built-in space, five random networks of each with random weights and batch norms as after a
training, every format. Logits are compared on real images: digits for ``tiny``, and CIFAR-10
scaled to the input for the others where it is at hand, noise otherwise (``images`` in the rows).
``FORMAT_seconds`` is from the network to the bytes of a checked file. Float32 files fail above
1e-4. Int8 files round, in networks of random weights more than in trained ones: what that costs a
trained network in accuracy is in ``benchmarks.deploy`` and in the zoo's cards. ``--quick`` has
two networks a space and leaves ``imagenet`` at 96 pixels.
"""

import random
import statistics
import time
from functools import cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from benchmarks.harness import Figures, Rows, main
from benchmarks.trainings import CIFAR10
from proxyless import open_data
from proxyless.data.batches import Batcher
from proxyless.data.image_data import ImageData
from proxyless.data.transforms import Normalisation
from proxyless.deploy.export import FORMATS, lower
from proxyless.deploy.export.checks import TOLERANCE
from proxyless.deploy.model_file import ModelFile
from search_spaces import Architecture, Network, Space, builtin_spaces, load_definition

NETWORKS, IMAGES = 5, 8
LARGEST = 32
"""Side of the images that are scaled."""
QUICK_NETWORKS, QUICK_RESOLUTION = 2, 96


def measure(quick: bool) -> tuple[Figures, Rows]:
    """Export and compare."""
    rows: Rows = []
    for name in builtin_spaces():
        definition = load_definition(name)
        if quick and definition.input.resolution > QUICK_RESOLUTION:
            definition = definition.adapt(resolution=QUICK_RESOLUTION)
        space = definition.expand()
        source, images = real_images(space)
        generator = random.Random(name)
        for number in range(QUICK_NETWORKS if quick else NETWORKS):
            architecture = Architecture.random(space, generator)
            rows += compare(architecture, images, number, source)
    return figures_of(rows), rows


def compare(architecture: Architecture, images: torch.Tensor, number: int, source: str) -> Rows:
    """Export one network in every format."""
    torch.manual_seed(number)
    network = as_trained(architecture.build(), images)
    with torch.inference_mode():
        expected = network(images).numpy()
    rows: Rows = []
    for kind in FORMATS.values():
        start = time.perf_counter()
        content = lower(network, architecture, kind, calibration=images.numpy())
        seconds = time.perf_counter() - start
        found = ModelFile.open(content, kind.suffix)(images.numpy())
        difference = float(np.abs(found - expected).max())
        rows.append(
            {
                "space": architecture.space,
                "network": number,
                "format": kind.name,
                "images": source,
                "seconds": seconds,
                "difference": difference,
                "largest_logit": float(np.abs(expected).max()),
                "failed": kind.dtype == "float32" and not difference < TOLERANCE,
            }
        )
    return rows


def as_trained(network: Network, images: torch.Tensor) -> Network:
    """Return a network in evaluation mode, its statistics those of the images.

    Residual blocks begin as identities: they get scales, so that every layer counts.
    """
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, 0.0, 0.1)
            module.momentum = None
    network.train()
    with torch.no_grad():
        network(images)
    return network.eval()


def real_images(space: Space) -> tuple[str, torch.Tensor]:
    """Return images as networks of a space take them, and where they are from."""
    channels, side, _ = space.input_shape
    name = "digits" if channels == 1 else str(CIFAR10)
    if channels == 3 and not CIFAR10.exists():
        return "noise", torch.randn(IMAGES, channels, side, side)
    data = _load(name, min(side, LARGEST))
    indices = torch.linspace(0, len(data.test) - 1, IMAGES).long()
    images, _ = Batcher(data.test, Normalisation.of(data, torch.device("cpu")))(indices)
    scaled = F.interpolate(images, (side, side), mode="bilinear").contiguous()
    return Path(name).name, scaled


@cache
def _load(name: str, resolution: int) -> ImageData:
    source = open_data(name)
    return source.load(source.resolution(resolution))


def figures_of(rows: Rows) -> Figures:
    """Return the worst difference and the median time of each format."""
    figures: Figures = {"failures": sum(row["failed"] for row in rows)}
    for name in FORMATS:
        tag = name.replace("-", "_")
        its = [row for row in rows if row["format"] == name]
        figures[f"{tag}_seconds"] = statistics.median(row["seconds"] for row in its)
        figures[f"{tag}_max_difference"] = max(row["difference"] for row in its)
    return figures


if __name__ == "__main__":
    main("export_parity", measure)
