"""The specialisation matrix: what each network takes under each condition it was tried in."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from latency import Settings

from ..deploy.benchmark import BenchmarkRow
from ..runs.results import SearchResult
from .run import Run
from .words import told_apart


@dataclass(frozen=True)
class Condition:
    """Where and how a network runs: what milliseconds have to share to be compared.

    Devices are told apart by their ``fingerprint``; ``device`` is what people call them.
    """

    runtime: str
    fingerprint: str
    settings: Settings
    device: str = field(compare=False)

    @classmethod
    def measured(cls, row: BenchmarkRow) -> "Condition":
        """Return what a measurement was made under."""
        return cls(*row.times.address, row.times.device)

    @classmethod
    def predicted(cls, result: SearchResult) -> "Condition":
        """Return what the predictions of a search are for."""
        return cls(result.runtime, result.device, result.settings, result.device_label)

    @property
    def facts(self) -> tuple[str, ...]:
        """Return its parts as text, what tells most first."""
        threads, batch, dtype = str(self.settings).split(", ")
        return self.runtime, self.device, dtype, threads, batch, self.fingerprint


@dataclass(frozen=True)
class Cell:
    """Best milliseconds of a network under a condition, measured or else ``predicted``.

    ``share`` is the fastest network's time there as a share of it; ``fastest`` says that it is the
    least of several, ``over`` that it is more than the budget that was searched for under this
    condition.
    """

    ms: float
    predicted: bool
    over: bool = False
    fastest: bool = False
    share: float = 1.0

    @property
    def marks(self) -> list[str]:
        """Return what there is to say of it."""
        said = {"predicted": self.predicted, "fastest": self.fastest, "over budget": self.over}
        return [name for name, true in said.items() if true]


@dataclass(frozen=True)
class Matrix:
    """A row a network, a column a condition; None where nothing is known."""

    networks: Sequence[str]
    conditions: Sequence[str]
    cells: Sequence[Sequence[Cell | None]]

    @classmethod
    def of(cls, runs: Sequence[Run]) -> "Matrix | None":
        """Gather what runs know; None where there is only one network or one condition."""
        known = [(run, cells) for run in runs if (cells := _cells(run))]
        conditions = list(dict.fromkeys(one for _, cells in known for one in cells))
        if len(known) < 2 or len(conditions) < 2:
            return None
        times = {one: [cells[one].ms for _, cells in known if one in cells] for one in conditions}
        targets = _targets(runs)
        rows = [
            [
                _placed(cells[one], times[one], targets.get(one, {}), run) if one in cells else None
                for one in conditions
            ]
            for run, cells in known
        ]
        names = told_apart([one.facts for one in conditions])
        return cls([run.name for run, _ in known], names, rows)


def _cells(run: Run) -> dict[Condition, Cell]:
    """Return what is known of a network: measurements, and a prediction where there is none."""
    cells: dict[Condition, Cell] = {}
    if run.search is not None:
        result = run.search.result
        cells[Condition.predicted(result)] = Cell(result.predicted_ms, predicted=True)
    for row in sorted(run.rows, key=lambda row: row.times.best_ms, reverse=True):
        cells[Condition.measured(row)] = Cell(row.times.best_ms, predicted=False)
    return cells


def _targets(runs: Sequence[Run]) -> dict[Condition, dict[str, float]]:
    """Return the budgets that were searched for under each condition, by network."""
    targets: dict[Condition, dict[str, float]] = {}
    for run in runs:
        if run.search is not None and run.target_ms is not None:
            condition = Condition.predicted(run.search.result)
            targets.setdefault(condition, {})[run.name] = run.target_ms
    return targets


def _placed(cell: Cell, times: Sequence[float], targets: dict[str, float], run: Run) -> Cell:
    """Hold a cell against its column: against the network's own budget, or the only one there."""
    budgets = set(targets.values())
    budget = targets.get(run.name, budgets.pop() if len(budgets) == 1 else None)
    over = budget is not None and cell.ms > budget
    share = min(times) / cell.ms
    return replace(cell, over=over, fastest=share == 1 and len(times) > 1, share=share)
