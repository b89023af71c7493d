"""All budgets of a search together: refused where they collide, kept by what is derived."""

from collections.abc import Sequence
from functools import cached_property
from itertools import combinations

from torch import Tensor

from search_spaces import InputError

from ..runs.checkpoint import State, checked_number
from ..runs.former_names import current_limit_name
from .budget import Budget
from .integer_program import Limit, best_choices

USE = 0.99
"""The derived network uses at least this share of what its budgets let it reach."""


class Budgets:
    """Budgets over one space; ``mask`` (blocks, candidates) is true where a candidate exists.

    At most one of them is to be made use of (see :data:`proxyless.runs.results.Aim`).

    Raises:
        InputError: no network keeps them all; the sentence names those that collide, or what the
            space can reach.
    """

    def __init__(self, budgets: Sequence[Budget], mask: Tensor) -> None:
        self.budgets, self.mask = tuple(budgets), mask
        for budget in self.budgets:
            self._check_alone(budget)
        for count in range(2, len(self.budgets) + 1):
            for combination in combinations(self.budgets, count):
                self._check_together(combination)
        for budget in self.budgets:
            if budget.aim == "maximise":
                dearest, _ = self._derivation
                assert dearest is not None
                budget.level = float(budget.costs.of(dearest))

    def schedule(self, updates: int) -> None:
        """Put the multipliers on the time scale of a search of so many architecture updates."""
        for budget in self.budgets:
            budget.schedule(updates)

    def gradient(self, gates: Tensor, loss: float, probabilities: Tensor) -> Tensor:
        """Return d(total loss) / dg from dL/dg, L and p; shapes (blocks, candidates)."""
        total = gates.double()
        for budget in self.budgets:
            total = budget.gradient(total, loss, probabilities)
        return total

    def rewards(self, accuracies: Tensor, paths: Tensor) -> Tensor:
        """Return what REINFORCE is rewarded with for paths of shape (networks, blocks)."""
        for budget in self.budgets:
            if budget.loss is not None:
                accuracies = budget.loss.rewards(accuracies, paths)
        return accuracies

    def update(self, probabilities: Tensor) -> None:
        """Move the multipliers once, after an architecture step."""
        for budget in self.budgets:
            budget.update(probabilities)

    def only_at_most(self) -> "Budgets":
        """Return the budgets that are only kept, without the one that is made use of."""
        kept = [budget for budget in self.budgets if budget.aim == "at most"]
        return Budgets(kept, self.mask)

    def derive(self, log_probabilities: Tensor) -> list[int]:
        """Return the most probable network that keeps all budgets and makes use of the one to use.

        Integer programs over one choice a block, solved exactly: the dearest network in the unit
        that is to be made use of, then the network of highest probability among those that take
        at least ``USE`` of that.
        """
        dearest, limits = self._derivation
        likeliest = best_choices(-log_probabilities, limits, self.mask)
        choices = dearest if likeliest is None else likeliest
        assert choices is not None, "budgets that collide are refused at the start"
        return [int(choice) for choice in choices]

    @cached_property
    def _derivation(self) -> tuple[Tensor | None, list[Limit]]:
        """The dearest network in the unit to be made use of, if any; the limits of derivation."""
        limits = [Limit(budget.costs, budget.limit) for budget in self.budgets]
        for budget in self.budgets:
            if budget.aim != "at most":
                dearest = best_choices(-budget.costs.choices, limits, self.mask)
                assert dearest is not None, "budgets that collide are refused at the start"
                floor = USE * float(budget.costs.of(dearest))
                return dearest, [*limits, Limit(budget.costs, budget.limit, floor)]
        return None, limits

    def _check_alone(self, budget: Budget) -> None:
        low, high = budget.costs.bounds(self.mask)
        if low <= budget.limit and (budget.limit <= high or budget.aim != "match"):
            return
        side = "below" if budget.limit < low else "above"
        least = budget.quantity(low).removesuffix(f" {budget.unit}")
        raise InputError(
            f"{budget} is {side} what the space can reach: its networks take "
            f"{least} to {budget.quantity(high)}"
        )

    def _check_together(self, combination: Sequence[Budget]) -> None:
        """Refuse the first combination that no network keeps: those it is made of are kept."""
        for budget in combination:
            others = [other for other in combination if other is not budget]
            within = " and ".join(map(str, others))
            least = self._extreme(budget, others, 1)
            if least > budget.limit:
                raise InputError(
                    f"{budget} collides with {within}: networks that keep the latter take at least "
                    f"{budget.quantity(least)}"
                )
            most = self._extreme(budget, others, -1) if budget.aim == "match" else budget.limit
            if most < USE * budget.limit:
                raise InputError(
                    f"{budget} collides with {within}: networks that keep the latter take at most "
                    f"{budget.quantity(most)}"
                )

    def _extreme(self, budget: Budget, others: Sequence[Budget], sign: int) -> float:
        limits = [Limit(other.costs, other.limit) for other in others]
        choices = best_choices(sign * budget.costs.choices, limits, self.mask)
        assert choices is not None, "the others were found to go together"
        return float(budget.costs.of(choices))

    def state_dict(self) -> State:
        """Return multiplier, rate and last violation of every budget, by its name."""
        return {
            budget.name: [budget.multiplier, budget.rate, budget.last_violation]
            for budget in self.budgets
        }

    def load_state_dict(self, state: State) -> None:
        """Restore what :meth:`state_dict` returned, or did in release 0.2."""
        by_name = {current_limit_name(name): numbers for name, numbers in state.items()}
        for budget in self.budgets:
            numbers = map(checked_number, by_name[budget.name])
            budget.multiplier, budget.rate, budget.last_violation = numbers
