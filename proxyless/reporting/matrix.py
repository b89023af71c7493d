"""The specialisation matrix: the time of each network under each condition that is known."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from latency import Settings

from ..deploy.benchmark import BenchmarkRow
from ..runs.results import SearchResult
from .formatting import distinguishing_names
from .run import Run


@dataclass(frozen=True)
class Condition:
    """The conditions of a measurement; only milliseconds under equal conditions are comparable.

    Devices are identified by their ``fingerprint``; ``device`` is their readable name.
    """

    runtime: str
    fingerprint: str
    settings: Settings
    device: str = field(compare=False)

    @classmethod
    def measured(cls, row: BenchmarkRow) -> "Condition":
        """Return the condition of a measurement."""
        return cls(*row.times.address, row.times.device)

    @classmethod
    def predicted(cls, result: SearchResult) -> "Condition":
        """Return the condition that the predictions of a search are for."""
        return cls(result.runtime, result.device, result.settings, result.device_label)

    @property
    def facts(self) -> tuple[str, ...]:
        """Return its parts as text, the most distinctive first."""
        threads, batch, dtype = str(self.settings).split(", ")
        return self.runtime, self.device, dtype, threads, batch, self.fingerprint


@dataclass(frozen=True)
class Cell:
    """Best milliseconds of a network under a condition, measured or ``predicted``.

    ``share`` is the fastest network's time under the condition, divided by ``ms``; ``fastest``
    means that it is the least of several, ``over`` that it exceeds the budget of the search for
    this condition.
    """

    ms: float
    predicted: bool
    over: bool = False
    fastest: bool = False
    share: float = 1.0

    @property
    def marks(self) -> list[str]:
        """Return the remarks about the cell, such as "predicted" and "over budget"."""
        conditions = {
            "predicted": self.predicted,
            "fastest": self.fastest,
            "over budget": self.over,
        }
        return [name for name, holds in conditions.items() if holds]


@dataclass(frozen=True)
class Matrix:
    """Cells by network (rows) and condition (columns); None if nothing is known."""

    networks: Sequence[str]
    conditions: Sequence[str]
    cells: Sequence[Sequence[Cell | None]]

    @classmethod
    def of(cls, runs: Sequence[Run]) -> "Matrix | None":
        """Return the matrix of several runs; None for fewer than two networks or two conditions."""
        known = [(run, cells) for run in runs if (cells := _cells(run))]
        conditions = list(dict.fromkeys(condition for _, cells in known for condition in cells))
        if len(known) < 2 or len(conditions) < 2:
            return None
        times = {
            condition: [cells[condition].ms for _, cells in known if condition in cells]
            for condition in conditions
        }
        targets = _targets(runs)
        rows = [
            [
                _compared(cells[condition], times[condition], targets.get(condition, {}), run)
                if condition in cells
                else None
                for condition in conditions
            ]
            for run, cells in known
        ]
        names = distinguishing_names([condition.facts for condition in conditions])
        return cls([run.name for run, _ in known], names, rows)


def _cells(run: Run) -> dict[Condition, Cell]:
    """Return a network's best measurement per condition, or a prediction if it was not measured."""
    cells: dict[Condition, Cell] = {}
    if run.search is not None:
        result = run.search.result
        cells[Condition.predicted(result)] = Cell(result.predicted_ms, predicted=True)
    for row in sorted(run.rows, key=lambda row: row.times.best_ms, reverse=True):
        cells[Condition.measured(row)] = Cell(row.times.best_ms, predicted=False)
    return cells


def _targets(runs: Sequence[Run]) -> dict[Condition, dict[str, float]]:
    """Return the time budgets of searches, by condition and network."""
    targets: dict[Condition, dict[str, float]] = {}
    for run in runs:
        if run.search is not None and run.target_ms is not None:
            condition = Condition.predicted(run.search.result)
            targets.setdefault(condition, {})[run.name] = run.target_ms
    return targets


def _compared(cell: Cell, times: Sequence[float], targets: dict[str, float], run: Run) -> Cell:
    """Complete a cell from its column: compare it with the fastest network and with the budget.

    The budget is the network's own, or else the only one of the column.
    """
    budgets = set(targets.values())
    budget = targets.get(run.name, budgets.pop() if len(budgets) == 1 else None)
    over = budget is not None and cell.ms > budget
    share = min(times) / cell.ms
    return replace(cell, over=over, fastest=share == 1 and len(times) > 1, share=share)
