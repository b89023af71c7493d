"""The page's first strip: what was asked for, what was predicted, what was measured."""

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

    ``deviation`` is how far it is from the one before; ``note`` says what it is of, or what is
    missing, and ``commands`` what adds that.
    """

    label: str
    value: str
    note: str = ""
    deviation: str = ""
    commands: Sequence[str] = ()


@dataclass(frozen=True)
class Route:
    """The strip of one run, under its name where the page has several."""

    name: str
    stops: tuple[Stop, Stop, Stop]

    @classmethod
    def of(cls, run: Run) -> "Route":
        """Gather target, prediction and measurement, or what is missing of them."""
        return cls(run.name, (_asked(run), _predicted(run), _measured(run)))


def _asked(run: Run) -> Stop:
    label = "at most" if run.is_limit else "target"
    if run.search is None:
        note = "This network was not searched for a time. To search one:"
        return Stop(label, NOTHING, note, commands=(search_command(run),))
    others = [amount(one.limit, one.unit) for one in run.search.result.budgets if one.unit != "ms"]
    peak = run.search.result.max_peak_memory
    others += [amount(peak, "bytes of activations")] if peak is not None else []
    if run.target_ms is not None:
        also = f"and at most {listed(others)}; " if others else ""
        return Stop(label, milliseconds(run.target_ms, 4), f"{also}{_reach(run.search)}")
    note = f"No time was asked for, but at most {listed(others)}." if others else "None was given."
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
    off = deviation(row)
    if off is None:
        if run.search is None:
            return Stop(label, value, note)
        note += ": not what the prediction is for. To measure that:"
        return Stop(label, value, note, "", commands_to_measure(run))
    if run.relative_error is not None:
        note += f"; {'inside' if is_inside(row, run.relative_error) else 'outside'} the interval"
    return Stop(label, value, note, off)
