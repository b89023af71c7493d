"""One device's side of a search: its architecture over the weights that all devices share."""

from dataclasses import dataclass, replace
from typing import Any, Self

import torch
from torch import Tensor

from latency import AdditiveCosts
from search_spaces import Architecture, Space
from search_spaces.resources import network_peak_activation_bytes as peak_activation_bytes

from ..config import DeviceConfig, SearchConfig
from ..constraints.budget import Budget
from ..constraints.budgets import Budgets
from ..constraints.limits import budgets_of
from ..constraints.run_costs import RunCosts
from ..runs.found_network import FoundNetwork
from ..runs.results import BudgetResult, DeviceEpoch, SearchResult
from .architecture_parameters import ArchitectureParameters
from .baselines import BASELINES
from .evaluation import SupernetAccuracy
from .health import convergence_threshold, count_skips, skip_mask, skip_probability
from .pareto import pareto_set, within
from .supernet import Supernet
from .updates import get_update

PARAMETER_REACH = 5.0
"""How far an architecture parameter can move over a whole search at the default rate."""


@dataclass(frozen=True)
class Goal:
    """What networks take on a device, and what they may take."""

    device: DeviceConfig
    costs: RunCosts
    latency: AdditiveCosts
    budgets: Budgets

    @classmethod
    def of(cls, config: SearchConfig, device: DeviceConfig, space: Space, costs: RunCosts) -> Self:
        """Put costs and budgets together.

        Raises:
            InputError: no network of the space keeps all budgets.
        """
        latency = costs.tensors
        return cls(device, costs, latency, budgets_of(config, device, space, latency))


class Specialisation:
    """What a search learns for one device: probabilities of paths, and the budgets' multipliers.

    ``updates`` is how often the architecture will move: rates are set by it.
    """

    def __init__(
        self,
        config: SearchConfig,
        space: Space,
        goal: Goal,
        supernet: Supernet,
        generator: torch.Generator,
        updates: int,
    ) -> None:
        self.config, self.space, self.goal, self.updates = config, space, goal, updates
        self.skips = skip_mask(space)
        self.parameters = ArchitectureParameters.for_space(space, generator)
        goal.budgets.schedule(updates)
        self.update = None
        if config.method not in BASELINES:
            kind = get_update(config.method)
            rate = config.architecture_learning_rate
            rate = max(1e-3, PARAMETER_REACH / updates) if rate is None else rate
            self.update = kind(supernet, self.parameters, goal.budgets, rate)

    def epoch(self) -> DeviceEpoch:
        """Return where the architecture stands, for the log."""
        probabilities = self.parameters.probabilities()
        return DeviceEpoch(
            entropy=float(self.parameters.entropy().mean()),
            confidence=float(probabilities.max(1).values.mean()),
            skip_probability=skip_probability(probabilities, self.skips),
            expected_ms=self.goal.latency.expected(probabilities),
            multipliers={budget.option: budget.multiplier for budget in self.goal.budgets.budgets},
            probabilities=self._by_block(probabilities),
        )

    def result(self, name: str, accuracy: SupernetAccuracy) -> FoundNetwork:
        """Return the network of a finished search, and those along the time axis it asks for."""
        generator = torch.Generator().manual_seed(self.config.task.seed)

        def choose(budgets: Budgets) -> list[int]:
            if self.config.method in BASELINES:
                return BASELINES[self.config.method](budgets, accuracy, generator)
            return budgets.derive(self.parameters.log_probabilities())

        main = self.goal.budgets
        result = self._result(choose(main), main, accuracy)
        latency, caps = self.goal.latency, main.caps()
        points = pareto_set(latency, caps, choose, accuracy, self.config.pareto)
        networks = [
            FoundNetwork(
                Architecture.choose(self.space, point.choices, f"{name}-{number}"),
                self._result(point.choices, within(point.limit_ms, latency, caps), accuracy),
            )
            for number, point in enumerate(points, 1)
        ]
        return FoundNetwork(
            Architecture.choose(self.space, result.choices, name),
            replace(result, target_ms=self.goal.device.limit_ms, pareto=points),
            networks,
        )

    def _result(
        self, choices: list[int], budgets: Budgets, accuracy: SupernetAccuracy
    ) -> SearchResult:
        """Return the figures of a network that was chosen within budgets."""
        low, high = self.goal.latency.bounds(self.parameters.mask)
        probabilities = self.parameters.probabilities()
        confidence = float(probabilities[torch.arange(len(choices)), choices].mean())
        network = Architecture.choose(self.space, choices)
        costs = self.goal.costs
        return SearchResult(
            architecture=list(network.labels),
            target_ms=None,
            predicted_ms=float(self.goal.latency.of(torch.tensor(choices))),
            expected_ms=self.goal.latency.expected(probabilities),
            fastest_ms=low,
            slowest_ms=high,
            parameters=network.parameters,
            macs=network.macs,
            entropy=float(self.parameters.entropy().mean()),
            confidence=confidence,
            converged=self.update is None
            or confidence >= convergence_threshold(self.parameters.mask),
            skips=count_skips(choices, self.skips, budgets, self.config.task.seed),
            architecture_updates=self.updates,
            candidates=[[c.label for c in block.candidates] for block in self.space.blocks],
            styles={c.label: c.style for block in self.space.blocks for c in block.candidates},
            choices=choices,
            candidate_ms=self._by_block(self.goal.latency.choices),
            profile=costs.profile,
            device=costs.device,
            device_name=costs.device_name,
            runtime=costs.runtime,
            settings=costs.settings,
            relative_error=costs.relative_error,
            supernet_accuracy=accuracy([choices])[0],
            peak_memory=peak_activation_bytes(network.operations),
            max_peak_memory=self.config.max_peak_memory,
            budgets=[self._budget_result(budget, choices) for budget in budgets.budgets],
        )

    def _budget_result(self, budget: Budget, choices: list[int]) -> BudgetResult:
        probabilities = self.parameters.probabilities()
        likeliest = probabilities.argmax(1)
        return BudgetResult(
            option=budget.option,
            unit=budget.unit,
            limit=budget.limit,
            aim=budget.aim,
            likeliest=float(budget.costs.of(likeliest)) if self.update else None,
            expected=budget.expected(probabilities),
            derived=float(budget.costs.of(torch.tensor(choices))),
        )

    def _by_block(self, values: Tensor) -> list[list[float]]:
        """Return (blocks, candidates) as lists, without what pads them to the widest block."""
        return [row[real].tolist() for row, real in zip(values, self.parameters.mask, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        """Return everything a resumed search needs."""
        return {
            "parameters": self.parameters.state_dict(),
            "update": self.update.state_dict() if self.update else {},
            "budgets": self.goal.budgets.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what :meth:`state_dict` returned."""
        self.parameters.load_state_dict(state["parameters"])
        if self.update:
            self.update.load_state_dict(state["update"])
        self.goal.budgets.load_state_dict(state["budgets"])
