"""A run as the report reads it: network, search, training, measurements and files."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from search_spaces import Architecture, InputError

from ..deploy.benchmark import BenchmarkRow, load_benchmark
from ..deploy.benchmark.row import FILE as BENCHMARK
from ..runs.path_names import path_names
from ..runs.provenance import Provenance, load_provenance
from ..runs.results import BudgetResult
from ..runs.run_directory import ARCHITECTURE, check_run, device_runs, load_architecture
from .outline import Outline
from .records import Search, Training, load_search, load_training


@dataclass(frozen=True)
class Run:
    """A run; ``name`` is the shortest one that distinguishes it from others on the page.

    The architecture is None if its operations are of a package that is not installed here. Search
    and training are None unless they have finished; ``files`` are the exported files.
    """

    path: Path
    name: str
    outline: Outline
    architecture: Architecture | None
    search: Search | None
    training: Training | None
    rows: Sequence[BenchmarkRow]
    files: Sequence[Path]
    provenance: Mapping[str, Provenance]

    @property
    def parts(self) -> list[str]:
        """The parts that the run has, by their names in its provenance, in order of the verbs."""
        existing = {
            "search": self.search is not None,
            "train": self.training is not None,
            **{file.name: True for file in self.files},
            BENCHMARK: bool(self.rows),
        }
        return [part for part, exists in existing.items() if exists]

    @property
    def headline_row(self) -> BenchmarkRow | None:
        """The first measurement with a prediction, or else the first of all; None without any."""
        predicted = (row for row in self.rows if row.predicted_ms is not None)
        return next(predicted, self.rows[0] if self.rows else None)

    @property
    def target_ms(self) -> float | None:
        """The target or limit (see :attr:`is_limit`) on the latency in ms, if there is one."""
        if self.search is None:
            return None
        target, budget = self.search.result.target_ms, self._time_budget
        return budget.limit if target is None and budget is not None else target

    @property
    def is_limit(self) -> bool:
        """Whether :attr:`target_ms` is an upper limit rather than a target to match."""
        return self._time_budget is not None and self._time_budget.aim in ("maximise", "at most")

    @property
    def _time_budget(self) -> BudgetResult | None:
        budgets = self.search.result.budgets if self.search else []
        return next((budget for budget in budgets if budget.unit == "ms"), None)

    @property
    def relative_error(self) -> float | None:
        """The half width of the predictions' 90 % interval, as a share; None if it is not known."""
        return self.search.result.relative_error if self.search else None


def load_runs(paths: Sequence[Path]) -> list[Run]:
    """Read runs, each once; a folder of several devices counts as the run of each device.

    Raises:
        InputError: ``paths`` is empty, or a run has neither a finished search nor training.
    """
    for path in paths:
        check_run(path)
    folders = list(dict.fromkeys(folder for path in paths for folder in device_runs(path)))
    if not folders:
        raise InputError("no run is given to report on: name one, or several to compare them")
    full = {folder: os.path.abspath(folder) for folder in folders}
    names = path_names(set(full.values()))
    return [_load_run(folder, names[full[folder]]) for folder in folders]


def _load_run(path: Path, name: str) -> Run:
    search, training = load_search(path / "search"), load_training(path / "train")
    if search is None and training is None:
        begun = "train" if (path / "train").is_dir() else "search"
        raise InputError(
            f"{path} holds no finished search or training: give the same `proxyless {begun}` "
            "command again to continue it"
        )
    outline, architecture = _network(path, search)
    return Run(
        path,
        name,
        outline,
        architecture,
        search,
        training,
        load_benchmark(path),
        sorted(file for pattern in ("*.onnx", "*.tflite") for file in path.glob(pattern)),
        load_provenance(path),
    )


def _network(path: Path, search: Search | None) -> tuple[Outline, Architecture | None]:
    """Return a run's network; without its operations, if they are of a package that is absent."""
    try:
        architecture = load_architecture(path)
    except InputError:
        outline = Outline.of_file(path / ARCHITECTURE, search.result if search else None)
        if outline is None:
            raise
        return outline, None
    return Outline.of(architecture), architecture
