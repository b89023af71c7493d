"""What a search found, and how it is left on disk: a run for each device."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from search_spaces import Architecture
from search_spaces.files import make_folder

from .phase_directory import PhaseDirectory
from .provenance import record
from .results import (
    SEARCH_RESULT,
    SearchEpoch,
    SearchResult,
    SharedSearchEpoch,
    read_epochs,
    write_epochs,
)
from .results.search_result import write_search_results
from .run_directory import ARCHITECTURE, device_folders


@dataclass(frozen=True)
class FoundNetwork:
    """A network found for one device, its figures, and others along the time axis."""

    architecture: Architecture
    result: SearchResult
    pareto: Sequence["FoundNetwork"] = ()

    @property
    def summary(self) -> SearchResult:
        """The figures, by their former name."""
        return self.result


def save_networks(networks: Sequence[FoundNetwork], run: Path, directory: PhaseDirectory) -> None:
    """Write every network as a run of its own; the search's own result last.

    ``directory`` is the search's own. For several devices its log has one line an epoch for all.
    """
    made, several = [run], len(networks) > 1
    for number, (network, folder) in enumerate(
        zip(networks, device_folders(run, len(networks)), strict=True)
    ):
        _save(network, folder)
        if several:
            _save_search(network, number, several, folder / "search", directory)
            made.append(folder)
        for place, point in enumerate(network.pareto, 1):
            own = folder / "pareto" / str(place)
            _save(point, own)
            _save_search(point, number, several, own / "search", directory)
            made.append(own)
    is_new = not directory.is_finished
    write_search_results([network.result for network in networks], directory.result_path)
    if is_new:  # a finished search that is asked for again makes nothing new
        for folder in made:
            record(folder, "search")


def _save(network: FoundNetwork, folder: Path) -> None:
    make_folder(folder)
    network.architecture.save(folder / ARCHITECTURE)


def _save_search(
    network: FoundNetwork, number: int, several: bool, folder: Path, directory: PhaseDirectory
) -> None:
    """Write what the folder of a search for this network alone would hold, checkpoint aside."""
    make_folder(folder)
    shutil.copy(directory.path / "config.json", folder)
    write_epochs(_epochs_of_device(directory.log_path, number, several), folder / "log.jsonl")
    SEARCH_RESULT.write(network.result, folder / "result.json")


def _epochs_of_device(log: Path, number: int, several: bool) -> list[SearchEpoch]:
    if several:
        return [epoch.of_device(number) for epoch in read_epochs(SharedSearchEpoch, log)]
    return read_epochs(SearchEpoch, log)
