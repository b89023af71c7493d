"""Distillation: a network that learns from another's logits too (Hinton et al., 2015)."""

from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from search_spaces import Architecture, InputError, Space
from search_spaces.modules import channels_last
from search_spaces.nearest import did_you_mean_path

from ..data.image_data import ImageData
from ..nas.trained_supernet import TrainedSupernet
from ..runs.run_directory import RUNS, is_run
from ..runs.trained_run import TrainedRun

SUPERNET = "supernet"
"""The name of the teacher that is the largest path of the run's own supernet."""
TEMPERATURE = 4.0
WEIGHT = 0.5
"""Share of the teacher in the loss."""


@dataclass(frozen=True)
class Teacher:
    """A network that is not trained, and what its logits add to a loss."""

    network: nn.Module

    @torch.no_grad()
    def logits(self, images: Tensor) -> Tensor:
        """Return its logits (N, classes) for images (N, C, H, W)."""
        logits: Tensor = self.network(images)
        return logits

    def loss(self, logits: Tensor, images: Tensor, own: Tensor) -> Tensor:
        """Return (1 - w) own + w T^2 KL(teacher || student), both softened by T.

        T^2 keeps the gradient's size whatever T is (Hinton et al., section 2).
        """
        target = F.log_softmax(self.logits(images) / TEMPERATURE, 1)
        student = F.log_softmax(logits / TEMPERATURE, 1)
        divergence = F.kl_div(student, target, reduction="batchmean", log_target=True)
        return (1 - WEIGHT) * own + WEIGHT * TEMPERATURE**2 * divergence


def load_teacher(
    name: str,
    run: Path,
    architecture: Architecture,
    data: ImageData,
    device: torch.device,
) -> Teacher:
    """Load the network of another run, or the largest path of this run's supernet by its name.

    ``data`` is what it will see.

    Raises:
        InputError: it is not there, takes other images, or tells other classes apart.
    """
    if name == SUPERNET:
        ours = TrainedSupernet.of_run(run)
        _check_same_task(name, ours.space, architecture)
        return Teacher(channels_last(ours.largest_path(), device))
    if not is_run(Path(name)):
        near = did_you_mean_path(Path(name), is_run, folder=RUNS, known=(SUPERNET,))
        raise InputError(
            f"teacher {name} is no run directory{near}: name a trained run, or `{SUPERNET}`"
        )
    theirs = TrainedRun.load(Path(name))
    _check_same_task(name, theirs.architecture, architecture)
    learned = theirs.result
    if learned.class_names != list(data.class_names):
        raise InputError(f"teacher {name} tells other classes apart: name one for this data")
    if (learned.mean, learned.std) != (list(data.mean), list(data.std)):
        raise InputError(
            f"teacher {name} learned from images of another mean and deviation: name one that was "
            "trained on this data"
        )
    return Teacher(channels_last(theirs.network(), device))


def _check_same_task(name: str, theirs: Architecture | Space, ours: Architecture) -> None:
    if (theirs.input_shape, theirs.classes) != (ours.input_shape, ours.classes):
        raise InputError(
            f"teacher {name} takes {theirs.input_shape} and tells {theirs.classes} classes apart, "
            f"not {ours.input_shape} and {ours.classes}: name one for this data"
        )
