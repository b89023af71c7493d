"""The networks found by a search, written to disk as a run for each device."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from search_spaces import Architecture
from search_spaces.files import make_folder, remove_abandoned, write_atomically
from search_spaces.outside import read_bytes

from .links import check_inside
from .phase_directory import CONFIG, PhaseDirectory
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
    """A network found for one device, its figures, and the networks of its Pareto set."""

    architecture: Architecture
    result: SearchResult
    pareto: Sequence["FoundNetwork"] = ()

    @property
    def summary(self) -> SearchResult:
        """The former name of ``result``, with a warning."""
        message = "FoundNetwork.summary is called FoundNetwork.result now"
        warnings.warn(message, DeprecationWarning, stacklevel=2)
        return self.result


def save_networks(networks: Sequence[FoundNetwork], run: Path, directory: PhaseDirectory) -> None:
    """Write every network as a separate run, and finally the result of the search.

    ``directory`` is that of the search. For several devices, a line of its log is an epoch of all.
    """
    folders, several = [run], len(networks) > 1
    for number, (network, folder) in enumerate(
        zip(networks, device_folders(run, len(networks)), strict=True)
    ):
        _save(network, run, folder)
        if several:
            _save_search(network, number, several, run, folder, directory)
            folders.append(folder)
        for rank, point in enumerate(network.pareto, 1):
            point_folder = folder / "pareto" / str(rank)
            _save(point, run, point_folder)
            _save_search(point, number, several, run, point_folder, directory)
            folders.append(point_folder)
    if not directory.is_finished:  # a finished search that is started again makes nothing new
        for folder in folders:
            record(folder, "search")
    write_search_results([network.result for network in networks], directory.result_path)


def _save(network: FoundNetwork, run: Path, folder: Path) -> None:
    check_inside(run, folder)
    make_folder(folder)
    remove_abandoned(folder)
    network.architecture.save(folder / ARCHITECTURE)


def _save_search(
    network: FoundNetwork,
    number: int,
    several: bool,
    run: Path,
    found: Path,
    directory: PhaseDirectory,
) -> None:
    """Write the files of a search for this network only, except the checkpoint."""
    folder = found / "search"
    check_inside(run, folder)
    make_folder(folder)
    config = read_bytes(directory.path / CONFIG, "configuration")
    write_atomically(folder / CONFIG, config)
    write_epochs(_epochs_of_device(directory.log_path, number, several), folder / "log.jsonl")
    SEARCH_RESULT.write(network.result, folder / "result.json")


def _epochs_of_device(log: Path, number: int, several: bool) -> list[SearchEpoch]:
    if several:
        return [epoch.of_device(number) for epoch in read_epochs(SharedSearchEpoch, log)]
    return read_epochs(SearchEpoch, log)
