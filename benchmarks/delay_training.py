"""One training of ``delay_accuracy``: four workers with their shards, and the test at the end."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor, nn
from torch.optim import SGD

from benchmarks.delay_ways import WAYS
from benchmarks.shards import batches, shard
from benchmarks.turns import Seat, Turns
from proxyless import open_data
from proxyless.data.image_data import Split
from proxyless.data.splits import stratified
from proxyless.data.transforms import Normalisation
from proxyless.engine.schedule import cosine, set_learning_rate

WORKERS, BATCH = 4, 32
WIDTHS = (16, 32, 64)
MOMENTUM, WEIGHT_DECAY, WARMUP = 0.9, 5e-4, 0.1
HELD_OUT = 0.1


@dataclass(frozen=True)
class Training:
    """What is trained how; ``way`` is one of ``WAYS``, ``shards`` a kind that ``shard`` knows."""

    data: str
    resolution: int
    steps: int
    learning_rate: float
    shards: str
    way: str
    delay: int
    seed: int

    def rate(self, step: int) -> float:
        """Return the learning rate of a step: a linear warm-up, and a cosine down to 0."""
        warmup = min(1.0, (step + 1) / (WARMUP * self.steps))
        return warmup * cosine(self.learning_rate, step, self.steps)


@dataclass(frozen=True)
class Normalised:
    """Images (N, channels, H, W) as a network takes them, with labels (N,)."""

    inputs: Tensor
    labels: Tensor

    @classmethod
    def of(cls, splits: Sequence[Split], normalise: Normalisation) -> "Normalised":
        """Return the images of all splits."""
        inputs = torch.cat([normalise(split.images) for split in splits])
        return cls(inputs.contiguous(), torch.cat([split.labels for split in splits]))


def train(training: Training) -> float:
    """Train; return the share of test images that workers classify correctly after the drain."""
    torch.set_num_threads(1)
    images, tested = _images(training.data, training.resolution)
    generator = torch.Generator().manual_seed(training.seed)
    shards = shard(training.shards, images.labels, WORKERS, generator)
    drawn = [batches(own, BATCH, training.steps, generator) for own in shards]
    torch.manual_seed(training.seed)
    start = network(images.inputs.shape[1], int(images.labels.max()) + 1)

    loss = nn.CrossEntropyLoss()

    def work(seat: Seat) -> nn.Module:
        model = deepcopy(start)
        optimizer = SGD(
            model.parameters(), momentum=MOMENTUM, weight_decay=WEIGHT_DECAY, fused=True
        )
        trainer = WAYS[training.way](optimizer, seat, training.delay)
        for step, indices in enumerate(drawn[seat.rank]):
            set_learning_rate(optimizer, training.rate(step))
            optimizer.zero_grad()
            loss(model(images.inputs[indices]), images.labels[indices]).backward()
            trainer.step()
        trainer.drain()
        return model

    models = Turns(WORKERS).run(work)
    if all(_same(models[0], other) for other in models):
        return accuracy(models[0], tested)
    return sum(accuracy(model, tested) for model in models) / len(models)


def network(channels: int, classes: int) -> nn.Module:
    """Return a convolutional network whose norms depend on one image alone, and keep nothing."""
    layers: list[nn.Module] = []
    for width in WIDTHS:
        layers += [
            nn.Conv2d(channels, width, 3, stride=2, padding=1),
            nn.GroupNorm(width // 8, width, affine=False),
            nn.ReLU(),
        ]
        channels = width
    head = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes))
    return nn.Sequential(*layers, *head)


@torch.no_grad()
def accuracy(model: nn.Module, tested: Normalised) -> float:
    """Return the share of images that a network classifies correctly."""
    parts = zip(torch.split(tested.inputs, 500), torch.split(tested.labels, 500), strict=True)
    right = sum(int((model(inputs).argmax(1) == labels).sum()) for inputs, labels in parts)
    return right / len(tested.labels)


def _same(one: nn.Module, other: nn.Module) -> bool:
    pairs = zip(one.parameters(), other.parameters(), strict=True)
    return all(torch.equal(mine, its) for mine, its in pairs)


@cache
def _images(source: str, resolution: int) -> tuple[Normalised, Normalised]:
    """Return the images to train on, and those to test on: a share of the former is added."""
    data = open_data(source).load(resolution)
    kept, held_out = stratified(data.train.labels, HELD_OUT, data.class_names, 0)
    tested = (data.train.take(held_out), data.test)
    normalise = Normalisation.of(data, torch.device("cpu"))
    return (
        Normalised.of([data.train.take(kept)], normalise),
        Normalised.of(tested, normalise),
    )
