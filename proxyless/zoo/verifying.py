"""Checking that the files of a model agree with its card."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import torch

from search_spaces import Architecture, InputError, Network
from search_spaces.files import sha256
from search_spaces.graphs.files import check_onnx
from search_spaces.outside import read_bytes, read_text

from ..data.batches import Batcher
from ..data.digits import DIGITS
from ..data.opening import open_data
from ..data.source import Source
from ..data.transforms import Normalisation
from ..deploy.benchmark.file_accuracy import AT_ONCE, file_accuracies
from ..deploy.export import FORMATS
from ..deploy.export.checks import TOLERANCE, max_difference
from ..deploy.model_file import ModelFile
from ..engine.metrics import accuracy_over
from .card import FILE, Card, ModelEntry, Training
from .page import PAGE, says_the_same
from .zoo import Zoo

CHECKED_IMAGES = 16
ACCURACY_TOLERANCE = 1e-3
"""Largest difference between an accuracy of a card and one that is measured, as shares."""


@dataclass(frozen=True)
class Verified:
    """The result of a check: per file, the largest difference of its logits to the weights'.

    The inputs are random. ``accuracies`` are shares of the test images, empty without a data set.
    """

    name: str
    differences: dict[str, float]
    accuracies: dict[str, float]


def verify(zoo: Zoo, name: str, data: str | None = None) -> Verified:
    """Check a model: its page, and every file's digest, metadata, logits and, with data, accuracy.

    ``data`` is its data set; digits need not be given.

    Raises:
        InputError: something disagrees with the card, or is missing; the sentence names it.
    """
    card, architecture, folder = zoo.card(name), zoo.architecture(name), zoo.path(name)
    _check_card(card, architecture, folder)
    page = folder / PAGE
    if not page.exists() or not says_the_same(read_text(page, "page"), card, architecture):
        raise InputError(f"{page} is not what its card.json says: `proxyless zoo index`")
    zoo.require_files(name)
    if data is None and card.training is not None and card.training.data == DIGITS:
        data = DIGITS
    source = open_data(data) if data is not None else None
    network = zoo.network(name) if card.training is not None else None
    differences, models = {}, {}
    operations = json.loads(architecture.to_json())["operations"]
    for entry in card.files:
        path = folder / entry.name
        model = _open(path, entry)
        stored = model.facts.architecture if model.facts is not None else None
        if stored is None or stored.get("operations") != operations:
            raise InputError(f"{path} holds another architecture than its folder")
        assert card.training is not None  # or a card has no files
        assert network is not None
        _check_facts(model, card.training, path)
        differences[entry.name] = _difference(network, model, path)
        if FORMATS[entry.format].dtype == "float32" and not differences[entry.name] <= TOLERANCE:
            raise InputError(f"{path} differs from the weights by {differences[entry.name]:.2g}")
        models[entry.name] = model
    if source is None:
        return Verified(name, differences, {})
    accuracies = _accuracies(models, source, card.files)
    if card.training is not None and network is not None:
        _check_training(card.training, network, architecture, source)
    return Verified(name, differences, accuracies)


def _check_card(card: Card, architecture: Architecture, folder: Path) -> None:
    """Check what a card says against itself, its folder and its network."""

    def refuse(fault: str) -> NoReturn:
        raise InputError(f"{folder / FILE} {fault}: take a copy that is whole, or add it again")

    if card.name != folder.name:
        refuse(f"is of {card.name}, not of {folder.name}")
    training = card.training
    if training is not None:
        if len(training.class_names) != architecture.classes:
            refuse(
                f"names {len(training.class_names)} classes, but its network tells "
                f"{architecture.classes} apart"
            )
        channels = architecture.input_shape[0]
        if not len(training.mean) == len(training.std) == channels:
            refuse(f"has no mean and std for each of {channels} channels")
    for entry in card.files:
        kind = FORMATS.get(entry.format)
        if kind is None or Path(entry.name).suffix != kind.suffix:
            refuse(f"says that {entry.name} is {entry.format}, which no such file can be")


def _open(path: Path, entry: ModelEntry) -> ModelFile:
    content = read_bytes(path, "model")
    if len(content) != entry.bytes:
        raise InputError(
            f"{path} is not the file of the card: it has {len(content):,} bytes, not "
            f"{entry.bytes:,}"
        )
    if sha256(content) != entry.sha256:
        raise InputError(f"{path} is not the file of the card: its SHA-256 is another")
    model = ModelFile.load(path)
    if path.suffix == ".onnx":
        check_onnx(content, path)
    return model


def _check_facts(model: ModelFile, training: Training, path: Path) -> None:
    """Check that a file says of its classes and images what the card does."""
    facts = model.facts
    assert facts is not None  # it said its architecture
    normalisation = facts.normalisation
    for noun, of_file, of_card in (
        ("classes", facts.classes, training.class_names),
        ("mean", normalisation.mean if normalisation is not None else None, training.mean),
        ("std", normalisation.std if normalisation is not None else None, training.std),
    ):
        if of_file is not None and tuple(of_file) != of_card:
            raise InputError(f"{path} says another {noun} of itself than its card does")


def _difference(network: Network, model: ModelFile, path: Path) -> float:
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(CHECKED_IMAGES, *model.shape, generator=generator)
    difference = max_difference(network, model, images, images.numpy())
    if not difference < math.inf:
        raise InputError(
            f"{path}, or its weights, gives logits that are no numbers: take copies that are whole"
        )
    return difference


def _accuracies(
    models: dict[str, ModelFile], source: Source, entries: Sequence[ModelEntry]
) -> dict[str, float]:
    accuracies = {
        name: accuracy.share for name, accuracy in file_accuracies(models, source).items()
    }
    for entry in entries:
        if not abs(accuracies[entry.name] - entry.test_accuracy) <= ACCURACY_TOLERANCE:
            raise InputError(
                f"{entry.name} is right on {accuracies[entry.name]:.2%} of the test images of "
                f"{source.name}, not on {entry.test_accuracy:.2%} as its card says"
            )
    return accuracies


def _check_training(
    training: Training, network: Network, architecture: Architecture, source: Source
) -> None:
    """Check the accuracy of the weights in PyTorch, and the number of images it is of."""
    data = source.load(architecture.input_shape[1])
    if len(data.test) != training.test_images:
        raise InputError(
            f"{source.name} has {len(data.test):,} test images, not the {training.test_images:,} "
            "of the card"
        )
    normalise = Normalisation(training.mean, training.std, torch.device("cpu"))
    batches = map(Batcher(data.test, normalise), torch.split(torch.arange(len(data.test)), AT_ONCE))
    with torch.inference_mode():
        accuracy = accuracy_over((network(images), labels) for images, labels in batches)
    if not abs(accuracy - training.test_accuracy) <= ACCURACY_TOLERANCE:
        raise InputError(
            f"the weights are right on {accuracy:.2%} of the test images of {source.name}, not on "
            f"{training.test_accuracy:.2%} as the card says"
        )
