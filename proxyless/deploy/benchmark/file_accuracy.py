"""Accuracy of model files on the images of a data set that they did not learn from."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from search_spaces import InputError

from ...data.batches import Batcher
from ...data.image_data import ImageData, Split
from ...data.source import Source
from ...data.transforms import Normalisation
from ...engine.metrics import accuracy_over
from ..model_file import ModelFile

AT_ONCE = 256
SAME_STATISTICS = 1e-6
"""How far mean and deviation of the same images may be apart, by rounding."""

EvaluatedImages = Literal["test", "held out", "all"]
"""Which images an accuracy is over: a test split, the fifth that training holds out where there is
none, or, of data that no file learned from, all."""


@dataclass(frozen=True)
class FileAccuracy:
    """The share of ``images`` images that a file classifies correctly, and which ones they are."""

    share: float
    images: int
    evaluated: EvaluatedImages


def file_accuracies(models: Mapping[str, ModelFile], source: Source) -> dict[str, FileAccuracy]:
    """Return how good files are, by the names given, all on the same images.

    Those are the test images. Where the data has no split of them, and none of the files was
    trained on it, as far as they say, nothing in it was learned from: then they are all images.

    A file of ours says how it wants its images. Anybody else's is given pixels where it takes
    integers that stand for themselves, otherwise images normalised by the mean and standard
    deviation of the training images; its classes are taken to be in the data set's order.

    Raises:
        InputError: a file takes other images, or tells other classes apart.
    """
    for name, model in models.items():
        with _naming(name):
            _check(model, source)
    data = {side: source.load(side) for side in {model.shape[1] for model in models.values()}}
    evaluated: EvaluatedImages = "test"
    if source.cut:
        known = any(_learned_from(model, source, data[model.shape[1]]) for model in models.values())
        evaluated = "held out" if known else "all"
    accuracies = {}
    for name, model in models.items():
        with _naming(name):
            accuracies[name] = _accuracy(model, data[model.shape[1]], evaluated)
    return accuracies


@contextmanager
def _naming(name: str) -> Iterator[None]:
    try:
        yield
    except InputError as error:
        raise InputError(f"accuracy of {name} cannot be had: {error}") from None


def _check(model: ModelFile, source: Source) -> None:
    channels, height, width = model.shape
    if channels != source.channels or height != width:
        raise InputError(
            f"the file takes {channels} x {height} x {width} pixels, but {source.name} has square "
            f"images of {source.channels} channels"
        )
    if sorted(_classes(model, source.class_names)) != sorted(source.class_names):
        raise InputError(f"the file tells other classes apart than {source.name} has")


def _classes(model: ModelFile, names: Sequence[str]) -> list[str]:
    """Return the classes in a file's order: the data set's ``names``, if it says nothing."""
    classes = model.facts.classes if model.facts is not None else None
    return list(names) if classes is None else classes


def _learned_from(model: ModelFile, source: Source, data: ImageData) -> bool:
    """Whether a file says that it was trained on this data: by its name, or its statistics."""
    facts = model.facts
    if facts is None:
        return False
    if facts.data is not None and Path(facts.data).absolute() == Path(source.name).absolute():
        return True
    if facts.normalisation is None:
        return False
    of_file = [*facts.normalisation.mean, *facts.normalisation.std]
    of_data = [*data.mean, *data.std]
    return bool(np.allclose(of_file, of_data, rtol=0, atol=SAME_STATISTICS))


def _accuracy(model: ModelFile, data: ImageData, evaluated: EvaluatedImages) -> FileAccuracy:
    splits = (data.train, data.test) if evaluated == "all" else (data.test,)
    normalise = _normalisation(model, Normalisation.of(data, torch.device("cpu")))
    classes = len(data.class_names)
    places = {name: place for place, name in enumerate(_classes(model, data.class_names))}
    order = torch.tensor([places[name] for name in data.class_names])

    def predictions() -> Iterable[tuple[torch.Tensor, torch.Tensor]]:
        for split in splits:
            for images, labels in _batches(split, normalise):
                logits = torch.from_numpy(model(images.contiguous().numpy()))
                if logits.shape[1:] != (classes,):
                    raise InputError(
                        f"the file gives outputs of shape {tuple(logits.shape[1:])} an image, but "
                        f"{data.name} has {classes} classes"
                    )
                yield logits, order[labels]

    return FileAccuracy(accuracy_over(predictions()), sum(map(len, splits)), evaluated)


def _batches(split: Split, normalise: Normalisation) -> Iterable[tuple[torch.Tensor, torch.Tensor]]:
    return map(Batcher(split, normalise), torch.split(torch.arange(len(split)), AT_ONCE))


def _normalisation(model: ModelFile, default: Normalisation) -> Normalisation:
    facts = model.facts
    takes_pixels = facts is not None and facts.input is not None and facts.input.pixels
    if takes_pixels or model.numbers.plain_integers:
        return Normalisation.pixels(model.shape[0])
    if facts is None or facts.normalisation is None:
        return default
    own = facts.normalisation
    return Normalisation(tuple(own.mean), tuple(own.std), default.device)
