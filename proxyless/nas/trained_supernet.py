"""The trained supernet of a search, for initial weights and as a teacher."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import torch
from torch import Tensor, nn

from search_spaces import Architecture, InputError, Network, Space
from search_spaces.modules import OperationModule
from search_spaces.schema import parse, read_json

from ..config import SearchConfig
from ..constraints.limits import within_peak_memory
from ..data.opening import open_data
from ..runs.checkpoint import load_checkpoint
from .supernet import Supernet


def find_search(run: Path, file: str = "config.json") -> Path | None:
    """Return the folder of the search that found the network of ``run``, if it has this file.

    The runs of a search's devices, of its Pareto set and of further workers are inside its run.
    """
    folder: Path | None = run.absolute()
    while folder is not None and not (folder / "search" / file).exists():
        folder = _enclosing_run(folder)
    return None if folder is None else folder / "search"


def _enclosing_run(run: Path) -> Path | None:
    """Return the run that contains RUN/1, RUN/pareto/1 or RUN/workers/1/NAME, if there is one."""
    number, workers = run.parent.name, run.parent.parent.name
    if workers == "workers" and number.isdecimal():
        return run.parents[2]
    return run.parent if run.name.isdecimal() or run.name == "pareto" else None


def read_search_config(folder: Path) -> SearchConfig:
    """Read the configuration of a search from its folder."""
    path = folder / "config.json"
    return parse(SearchConfig, read_json(path, "search configuration"), str(path))


@dataclass(frozen=True)
class TrainedSupernet:
    """A supernet with the weights of a search, and its space."""

    space: Space
    supernet: Supernet

    @classmethod
    def of_run(cls, run: Path) -> Self:
        """Load the supernet that the network of a run was found with.

        Raises:
            InputError: the run has no search, or its checkpoint is damaged.
        """
        folder = find_search(run, "checkpoint.pt")
        if folder is None:
            raise InputError(f"{run} holds no search, so there is no supernet to take weights from")
        config = read_search_config(folder)
        space = config.task.expand_space(open_data(config.task.data))
        space = within_peak_memory(space, config.max_peak_memory)
        supernet = Supernet(space)
        supernet.load_state_dict(load_checkpoint(folder / "checkpoint.pt")["loop"]["supernet"])
        return cls(space, supernet)

    def initialise(self, network: Network, architecture: Architecture) -> None:
        """Copy the weights of its path to a network, except running statistics.

        Raises:
            InputError: the architecture is not of this space.
        """
        modules = [
            candidate for candidate in self._path(architecture) if not candidate.operation.free
        ]
        with torch.no_grad():
            for block, module in zip(network.blocks, modules, strict=True):
                trained = dict(module.named_parameters())
                for name, parameter in block.named_parameters():
                    parameter.copy_(trained[name])

    def largest_path(self) -> nn.Module:
        """Return the path with the most multiply-adds as a module that maps images to logits."""
        choices = [
            max(range(len(block.candidates)), key=lambda choice: block.candidates[choice].macs)
            for block in self.space.blocks
        ]
        return _Path(self.supernet, choices)

    def _path(self, architecture: Architecture) -> list[OperationModule]:
        before, blocks = len(self.space.before), self.space.blocks
        chosen = architecture.operations[before : before + len(blocks)]
        try:
            choices = [
                block.candidates.index(operation)
                for block, operation in zip(blocks, chosen, strict=True)
            ]
        except ValueError:
            choices = None
        if choices is None or Architecture.choose(self.space, choices).operations != (
            architecture.operations
        ):
            raise InputError(
                f"architecture {architecture.name} is no network of the space that was searched: "
                "it cannot begin with the supernet's weights"
            )
        candidates = [
            block[choice] for block, choice in zip(self.supernet.blocks, choices, strict=True)
        ]
        return [*self.supernet.before, *candidates, *self.supernet.after]


class _Path(nn.Module):
    """One path of a supernet: images to logits, with the statistics of the batch."""

    def __init__(self, supernet: Supernet, choices: list[int]) -> None:
        super().__init__()
        self.supernet, self.choices = supernet, choices

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.supernet(images, self.choices)
        return logits
