"""A run with a trained network, as exports, zoos and distillation use it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from search_spaces import Architecture, InputError, Network
from search_spaces.files import sha256
from search_spaces.outside import read_bytes
from search_spaces.plain_text import quoted

from .origin import network_digest
from .results import TRAINING_RESULT, SearchResult, TrainingResult, read_search_result
from .results.search_result import check_network
from .run_directory import check_one_device, load_architecture
from .weights import load_network

WEIGHTS = "weights.safetensors"
"""The file of a training's weights, in the folder of its phase."""


@dataclass(frozen=True)
class TrainedRun:
    """A run directory whose training has finished; ``result`` is its ``train/result.json``."""

    path: Path
    architecture: Architecture
    result: TrainingResult

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a run without its weights.

        Raises:
            InputError: the run has no trained network, is of several devices, or its files are
                not of one network.
        """
        check_one_device(path)
        file = path / "train" / "result.json"
        if not file.exists():
            _ = load_architecture(path)  # raises if there is no network to train yet
            raise InputError(
                f"{path} holds no trained network: train it with `proxyless train {quoted(path)}`"
            )
        architecture, result = load_architecture(path), TRAINING_RESULT.read(file)
        _check_network(path, architecture, result)
        return cls(path, architecture, result)

    @property
    def search_result(self) -> SearchResult | None:
        """The figures of the search that found its network; None if there was none.

        Raises:
            InputError: they are damaged, of a version this release cannot read, or of another
                network.
        """
        result = read_search_result(self.path / "search")
        if result is not None:
            check_network(result, self.architecture, self.path)
        return result

    @property
    def weights(self) -> Path:
        """The file of the weights."""
        return self.path / "train" / WEIGHTS

    def network(self) -> Network:
        """Build the network with its weights, ready for inference.

        Raises:
            InputError: the weights are missing, damaged, or not those of this training.
        """
        digest = self.result.weights_digest
        known = digest is not None and self.weights.exists()
        if known and sha256(read_bytes(self.weights, "weights")) != digest:
            raise InputError(
                f"weights {self.weights} are not those that result.json beside them is of: "
                f"restore them, or delete {self.weights} and give the same `proxyless train` "
                "command again"
            )
        return load_network(self.architecture, self.weights)


def _check_network(run: Path, architecture: Architecture, result: TrainingResult) -> None:
    channels = architecture.input_shape[0]
    counted = (len(result.class_names), len(result.mean), len(result.std))
    if counted != (architecture.classes, channels, channels):
        raise InputError(
            f"{run / 'train' / 'result.json'} is of {counted[0]} classes and of images of "
            f"{counted[1]} means and {counted[2]} deviations, but the network in architecture.json "
            f"tells {architecture.classes} classes apart in images of {channels} channels: restore "
            "both, or train the network in a run of its own"
        )
    trained = result.network_digest
    counts = (result.parameters, result.macs) == (architecture.parameters, architecture.macs)
    if not counts or trained not in (None, network_digest(architecture.operations)):
        raise InputError(
            f"{run} was trained with another network than its architecture.json holds now: restore "
            "that file, or train the network in a run of its own"
        )
