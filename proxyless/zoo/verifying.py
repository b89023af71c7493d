"""Checking that the files of a model agree with its card."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import onnx
import torch

from search_spaces import InputError
from search_spaces.files import sha256

from ..data.digits import DIGITS
from ..data.opening import open_data
from ..data.source import Source
from ..deploy.benchmark.file_accuracy import file_accuracies
from ..deploy.export import FORMATS
from ..deploy.export.checks import TOLERANCE, max_difference
from ..deploy.model_file import ModelFile
from .card import ModelEntry
from .page import PAGE, card_page
from .zoo import Zoo

CHECKED_IMAGES = 16


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
    page = folder / PAGE
    if not page.exists() or page.read_text() != card_page(card, architecture):
        raise InputError(f"{page} is not what its card.json says: `proxyless zoo index`")
    zoo.require_files(name)
    if data is None and card.training is not None and card.training.data == DIGITS:
        data = DIGITS
    source = open_data(data) if data is not None else None
    differences, models = {}, {}
    operations = json.loads(architecture.to_json())["operations"]
    for entry in card.files:
        model = _open(folder / entry.name, entry)
        stored = model.facts.architecture if model.facts is not None else None
        if stored is None or stored.get("operations") != operations:
            raise InputError(f"{folder / entry.name} holds another architecture than its folder")
        differences[entry.name] = _difference(zoo, name, model)
        if FORMATS[entry.format].dtype == "float32" and differences[entry.name] > TOLERANCE:
            raise InputError(
                f"{folder / entry.name} differs from the weights by {differences[entry.name]:.2g}"
            )
        models[entry.name] = model
    accuracies = {} if source is None else _accuracies(models, source, card.files)
    return Verified(name, differences, accuracies)


def _open(path: Path, entry: ModelEntry) -> ModelFile:
    content = path.read_bytes()
    if sha256(content) != entry.sha256:
        raise InputError(f"{path} is not the file of the card: its SHA-256 is another")
    if path.suffix == ".onnx":
        onnx.checker.check_model(onnx.load_from_string(content), full_check=True)
    return ModelFile.load(path)


def _difference(zoo: Zoo, name: str, model: ModelFile) -> float:
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(CHECKED_IMAGES, *model.shape, generator=generator)
    return max_difference(zoo.network(name), model, images, images.numpy())


def _accuracies(
    models: dict[str, ModelFile], source: Source, entries: Sequence[ModelEntry]
) -> dict[str, float]:
    accuracies = {
        name: accuracy.share for name, accuracy in file_accuracies(models, source).items()
    }
    for entry in entries:
        if abs(accuracies[entry.name] - entry.test_accuracy) > 1e-3:
            raise InputError(
                f"{entry.name} is right on {accuracies[entry.name]:.2%} of the test images of "
                f"{source.name}, not on {entry.test_accuracy:.2%} as its card says"
            )
    return accuracies
