"""The strip at the top of the page: the target, the prediction and the measurement of a run."""

from collections.abc import Sequence
from dataclasses import dataclass

from .commands import commands_to_measure, search_command
from .formatting import NOTHING, amount, listed, milliseconds
from .measurement import deviation, is_inside
from .records import Search
from .run import Run


@dataclass(frozen=True)
class Stop:
    """One figure of the strip.

    ``deviation`` is its deviation from the figure before; ``note`` states its conditions, or what
    is missing, and ``commands`` are the commands that add a missing figure.
    """

    label: str
    value: str
    note: str = ""
    deviation: str = ""
    commands: Sequence[str] = ()


@dataclass(frozen=True)
class Route:
    """The strip of one run: target, prediction, measurement."""

    name: str
    stops: tuple[Stop, Stop, Stop]

    @classmethod
    def of(cls, run: Run) -> "Route":
        """Return the strip of a run; missing figures are replaced by the commands that add them."""
        return cls(run.name, (_target(run), _predicted(run), _measured(run)))


def _target(run: Run) -> Stop:
    label = "at most" if run.is_limit else "target"
    if run.search is None:
        note = "This network was not searched for a time. To search one:"
        return Stop(label, NOTHING, note, commands=(search_command(run),))
    other_limits = [
        amount(budget.limit, budget.unit)
        for budget in run.search.result.budgets
        if budget.unit != "ms"
    ]
    peak = run.search.result.max_peak_memory
    other_limits += [amount(peak, "bytes of activations")] if peak is not None else []
    if run.target_ms is not None:
        also = f"and at most {listed(other_limits)}; " if other_limits else ""
        return Stop(label, milliseconds(run.target_ms, 4), f"{also}{_reach(run.search)}")
    note = (
        f"No time was asked for, but at most {listed(other_limits)}."
        if other_limits
        else "None was given."
    )
    return Stop(label, NOTHING, f"{note} To ask for a time:", commands=(search_command(run),))


def _reach(search: Search) -> str:
    fastest, slowest = search.result.fastest_ms, search.result.slowest_ms
    return f"the space reaches {milliseconds(fastest)} to {milliseconds(slowest)}"


def _predicted(run: Run) -> Stop:
    label, row = "predicted", run.headline_row
    if run.search is not None:
        result = run.search.result
        if result.relative_error is None:
            note = f"{result.profile}; its table states no error"
        else:
            error = f"± {100 * result.relative_error:.1f} %"
            note = f"{error} in 9 of 10 later measurements"
        return Stop(label, milliseconds(result.predicted_ms, 4), note)
    if row is not None and row.predicted_ms is not None:
        return Stop(label, milliseconds(row.predicted_ms, 4), "as the exported file says")
    return Stop(label, NOTHING, "A search predicts what its network takes.")


def _measured(run: Run) -> Stop:
    label, row = "measured", run.headline_row
    if row is None:
        return Stop(
            label, NOTHING, "Not measured yet. To measure it:", "", commands_to_measure(run)
        )
    value, note = milliseconds(row.times.best_ms, 4), row.times.conditions
    difference = deviation(row)
    if difference is None:
        if run.search is None:
            return Stop(label, value, note)
        note += ": not what the prediction is for. To measure that:"
        return Stop(label, value, note, "", commands_to_measure(run))
    if run.relative_error is not None:
        note += f"; {'inside' if is_inside(row, run.relative_error) else 'outside'} the interval"
    return Stop(label, value, note, difference)
