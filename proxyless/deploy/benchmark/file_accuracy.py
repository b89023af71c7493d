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
from ..model_file import ModelFile, Numbers

AT_ONCE = 256
PIXEL = 255
SAME_STATISTICS = 1e-6
"""How far mean and deviation of the same images may be apart, by rounding."""

Pixels = Literal["0-255", "0-1", "normalised"]
"""What the values of a float input are: pixels as they are, divided by 255, or normalised by the
mean and standard deviation of the data set's training images."""
NEAR = 0.05
"""How far the ends of what integers stand for may be from those of a known meaning, as a share."""

EvaluatedImages = Literal["test", "held out", "all"]
"""Which images an accuracy is over: a test split, the fifth that training holds out where there is
none, or, of data that no file learned from, all."""


@dataclass(frozen=True)
class FileAccuracy:
    """The share of ``images`` images that a file classifies correctly, and which ones they are."""

    share: float
    images: int
    evaluated: EvaluatedImages


def file_accuracies(
    models: Mapping[str, ModelFile], source: Source, pixels: Pixels | None = None
) -> dict[str, FileAccuracy]:
    """Return how good files are, by the names given, all on the same images.

    Those are the test images. Where the data has no split of them, and none of the files was
    trained on it, as far as they say, nothing in it was learned from: then they are all images.

    A file of ours says how it wants its images. Of anybody else's, integers say it by what they can
    stand for, such as 0 to 255 or -1 to 1; of any other input, ``pixels`` says it. Classes are
    taken to be in the data set's order.

    Raises:
        InputError: a file takes other images, tells other classes apart, or does not say what its
            input is made of.
    """
    for name, model in models.items():
        with _naming(name):
            _check(model, source)
            _scaling(model, pixels)
    data = {side: source.load(side) for side in {model.shape[1] for model in models.values()}}
    evaluated: EvaluatedImages = "test"
    if source.cut:
        known = any(_learned_from(model, source, data[model.shape[1]]) for model in models.values())
        evaluated = "held out" if known else "all"
    accuracies = {}
    for name, model in models.items():
        with _naming(name):
            accuracies[name] = _accuracy(model, data[model.shape[1]], evaluated, pixels)
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


def _accuracy(
    model: ModelFile, data: ImageData, evaluated: EvaluatedImages, pixels: Pixels | None
) -> FileAccuracy:
    splits = (data.train, data.test) if evaluated == "all" else (data.test,)
    scaling = _scaling(model, pixels)
    normalise = Normalisation.of(data, torch.device("cpu")) if scaling is None else scaling
    classes = len(data.class_names)
    places = {name: place for place, name in enumerate(_classes(model, data.class_names))}
    order = torch.tensor([places[name] for name in data.class_names])

    def predictions() -> Iterable[tuple[torch.Tensor, torch.Tensor]]:
        for split in splits:
            for images, labels in _batches(split, normalise):
                told = model(images.contiguous().numpy())
                logits = torch.from_numpy(_one_hot(told, classes) if model.tells_classes else told)
                if bool(torch.isnan(logits).any()):
                    raise InputError("the file gives outputs that are no numbers (NaN)")
                if logits.shape[1:] != (classes,):
                    raise InputError(
                        f"the file gives outputs of shape {tuple(logits.shape[1:])} an image, but "
                        f"{data.name} has {classes} classes"
                    )
                yield logits, order[labels]

    return FileAccuracy(accuracy_over(predictions()), sum(map(len, splits)), evaluated)


def _batches(split: Split, normalise: Normalisation) -> Iterable[tuple[torch.Tensor, torch.Tensor]]:
    return map(Batcher(split, normalise), torch.split(torch.arange(len(split)), AT_ONCE))


def _one_hot(numbers: np.ndarray, classes: int) -> np.ndarray:
    """Return logits (N, classes) that say what numbers of classes (N,) do."""
    if numbers.min() < 0 or numbers.max() >= classes:
        raise InputError(f"the file tells class {numbers.max()}, but there are {classes}")
    logits: np.ndarray = np.eye(classes, dtype=np.float32)[numbers]
    return logits


def _scaling(model: ModelFile, pixels: Pixels | None) -> Normalisation | None:
    """Return how a file wants its images; None for the normalisation of the data set.

    Raises:
        InputError: nobody says.
    """
    facts, channels = model.facts, model.shape[0]
    if facts is not None and facts.input is not None and facts.input.pixels:
        return Normalisation.pixels(channels)
    if facts is not None and facts.normalisation is not None:
        own = facts.normalisation
        return Normalisation(tuple(own.mean), tuple(own.std), torch.device("cpu"))
    if model.numbers.integers:
        known = _of_integers(model.numbers, channels)
        if known is not None:
            return known
    match pixels:
        case "0-255":
            return Normalisation.pixels(channels)
        case "0-1":
            return _between(0, 1, channels)
        case "normalised":
            return None
    raise InputError(
        f"the file does not say what its {model.numbers.dtype} input is made of: "
        "give `pixels` 0-255, 0-1 or normalised"
    )


def _of_integers(numbers: Numbers, channels: int) -> Normalisation | None:
    """Return the images that integers stand for, by their range; None if it is no known one."""
    least, most = numbers.span
    if numbers.scale is None:  # they stand for themselves
        if least <= 0 and most >= PIXEL:
            return Normalisation.pixels(channels)
        return _between(least, most, channels) if most - least == PIXEL else None
    for first, last in ((0, PIXEL), (0, 1), (-1, 1), (-PIXEL / 2, PIXEL / 2)):
        margin = NEAR * (last - first)
        if abs(least - first) <= margin and abs(most - last) <= margin:
            return _between(first, last, channels)
    return None


def _between(least: float, most: float, channels: int) -> Normalisation:
    """Return the normalisation that gives black the one value, and white the other."""
    span = most - least
    return Normalisation((-least / span,) * channels, (1 / span,) * channels, torch.device("cpu"))
