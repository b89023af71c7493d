"""Accuracy of a model file on the test images of a data set."""

import torch

from search_spaces import InputError

from ...batches import Batcher, Normalisation
from ...data import Source
from ..export.checks import accuracy
from ..model_file import ModelFile

AT_ONCE = 256


def file_accuracy(model: ModelFile, source: Source) -> float:
    """Return the share of test images that a file classifies correctly.

    A file of ours says how it wants its images. Anybody else's is given pixels where it takes
    integers that stand for themselves, otherwise images normalised by the mean and standard
    deviation of the training images; its classes are taken to be in the data set's order.

    Raises:
        InputError: the file takes other images, or tells other classes apart.
    """
    channels, height, width = model.shape
    if channels != source.channels or height != width:
        raise InputError(
            f"the file takes {channels} x {height} x {width} pixels, but {source.name} has square "
            f"images of {source.channels} channels"
        )
    classes = model.metadata.get("classes", list(source.class_names))
    if classes != list(source.class_names):
        raise InputError(f"the file tells other classes apart than {source.name} has")
    data = source.load(height)
    batches = Batcher(data.test, _normalisation(model, Normalisation.of(data, torch.device("cpu"))))
    parts = torch.split(torch.arange(len(data.test)), AT_ONCE)

    def predict(images: torch.Tensor) -> torch.Tensor:
        logits = torch.from_numpy(model(images.contiguous().numpy()))
        if logits.shape[1:] != (len(classes),):
            raise InputError(
                f"the file gives outputs of shape {tuple(logits.shape[1:])} an image, but "
                f"{source.name} has {len(classes)} classes"
            )
        return logits

    return accuracy((predict(images), labels) for images, labels in map(batches, parts))


def _normalisation(model: ModelFile, default: Normalisation) -> Normalisation:
    if model.metadata.get("input", {}).get("pixels") or model.numbers.plain_integers:
        return Normalisation.pixels(model.shape[0])
    if "normalisation" not in model.metadata:
        return default
    said = model.metadata["normalisation"]
    return Normalisation(tuple(said["mean"]), tuple(said["std"]), default.device)
