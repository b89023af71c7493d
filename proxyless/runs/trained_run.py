"""A run with a trained network, as exports, zoos and distillation use it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from search_spaces import Architecture, InputError, Network
from search_spaces.plain_text import quoted

from .results import TRAINING_RESULT, SearchResult, TrainingResult, read_search_result
from .run_directory import check_one_device, load_architecture
from .weights import load_network


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
            InputError: the run has no trained network, or is of several devices.
        """
        check_one_device(path)
        file = path / "train" / "result.json"
        if not file.exists():
            _ = load_architecture(path)  # raises if there is no network to train yet
            raise InputError(
                f"{path} holds no trained network: train it with `proxyless train {quoted(path)}`"
            )
        return cls(path, load_architecture(path), TRAINING_RESULT.read(file))

    @property
    def search_result(self) -> SearchResult | None:
        """The figures of the search that found its network; None if there was none.

        Raises:
            InputError: they are damaged, or of a version this release cannot read.
        """
        return read_search_result(self.path / "search")

    @property
    def weights(self) -> Path:
        """The file of the weights."""
        return self.path / "train" / "weights.safetensors"

    def network(self) -> Network:
        """Build the network with its weights, ready for inference."""
        return load_network(self.architecture, self.weights)
