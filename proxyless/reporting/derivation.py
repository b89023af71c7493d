"""Where a derived network does not use the likeliest candidates, and which budget is the cause."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..runs.results import BudgetResult
from .formatting import amount, listed, plural
from .records import Search


@dataclass(frozen=True)
class Derivation:
    """The derived network compared with the likeliest candidates at the end of the search.

    ``likelier`` maps each block where it does not use the likeliest candidate, counted from 0, to
    that candidate's index; ``sentence`` states these blocks and the reason.
    """

    likelier: Mapping[int, int]
    sentence: str

    @classmethod
    def of(cls, search: Search) -> "Derivation | None":
        """Return the derivation of a search's network; None if no probabilities were learned."""
        if not search.learned:
            return None
        rows, choices = search.learned[-1].probabilities, search.result.choices
        likelier = {
            block: row.index(max(row))
            for block, (row, choice) in enumerate(zip(rows, choices, strict=True))
            if row[choice] < max(row)
        }
        if not likelier:
            return cls(likelier, "The derived network uses the likeliest candidate of every block.")
        blocks = listed([str(block + 1) for block in likelier])
        where = f"In {len(likelier)} of {plural(len(rows), 'block')} ({blocks})"
        reasons = [reason for budget in search.result.budgets if (reason := _reason(budget))]
        because = "the likeliest of all blocks together "
        because += listed(reasons) if reasons else "would not keep the budget"
        return cls(
            likelier,
            f"{where} the derived network does not use the likeliest candidate: {because}. It is "
            "the most probable network that keeps what was asked for.",
        )


def _reason(budget: BudgetResult) -> str | None:
    """Return how the likeliest network fails a budget; None if it keeps it, or is not known."""
    likeliest = budget.likeliest
    if likeliest is None:
        return None
    taken, limit = (amount(value, budget.unit) for value in (likeliest, budget.limit))
    named = f"{'target' if budget.aim == 'match' else 'limit'} of {limit}"
    if likeliest > budget.limit:
        return f"would take {taken}, over the {named}"
    if budget.aim == "at most" or likeliest >= budget.derived:
        return None
    unused = 100 * (1 - likeliest / budget.limit)
    return f"would take {taken} and leave {unused:.0f} % of the {named} unused"
