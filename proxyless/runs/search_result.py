"""What a search found, and how it is left on disk: a run for each device."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search_spaces import Architecture
from search_spaces.files import make_folder, write_atomically

from .phase_directory import PhaseDirectory
from .provenance import record
from .run_directory import ARCHITECTURE, device_folders


@dataclass(frozen=True)
class SearchResult:
    """A network found for one device, how sure the search was of it, and others along the axis."""

    architecture: Architecture
    summary: dict[str, Any]
    pareto: Sequence["SearchResult"] = ()


def save_results(results: Sequence[SearchResult], run: Path, directory: PhaseDirectory) -> None:
    """Write every network as a run of its own; the search's own result last.

    ``directory`` is the search's own. For several devices its log has one line an epoch for all.
    """
    made = [run]
    for number, (result, folder) in enumerate(
        zip(results, device_folders(run, len(results)), strict=True)
    ):
        _save(result, folder)
        if len(results) > 1:
            _save_search(result, number, folder / "search", directory)
            made.append(folder)
        for place, network in enumerate(result.pareto, 1):
            own = folder / "pareto" / str(place)
            _save(network, own)
            _save_search(network, number, own / "search", directory)
            made.append(own)
    is_new = directory.result() is None
    summaries = [result.summary for result in results]
    directory.finish(summaries[0] if len(results) == 1 else {"devices": summaries})
    if is_new:  # a finished search that is asked for again makes nothing new
        for folder in made:
            record(folder, "search")


def _save(result: SearchResult, folder: Path) -> None:
    make_folder(folder)
    result.architecture.save(folder / ARCHITECTURE)


def _save_search(
    result: SearchResult, number: int, folder: Path, directory: PhaseDirectory
) -> None:
    """Write what the folder of a search for this network alone would hold, checkpoint aside."""
    make_folder(folder)
    shutil.copy(directory.path / "config.json", folder)
    lines = []
    for line in directory.log_path.read_text().splitlines():
        shared = json.loads(line)
        own = shared.pop("devices")[number] if "devices" in shared else {}
        lines.append(json.dumps({**shared, **own}))
    write_atomically(folder / "log.jsonl", "".join(f"{line}\n" for line in lines).encode())
    write_atomically(folder / "result.json", json.dumps(result.summary, indent=1).encode())
