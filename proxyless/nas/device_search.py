"""One device's side of a search: its architecture over the weights that all devices share."""

from dataclasses import replace

import torch
from torch import Tensor

from search_spaces import Architecture, Space
from search_spaces.resources import network_peak_activation_bytes as peak_activation_bytes

from ..config import SearchConfig
from ..constraints.budget import Budget
from ..constraints.budgets import Budgets
from ..runs.checkpoint import State
from ..runs.found_network import FoundNetwork
from ..runs.results import BudgetResult, DeviceEpoch, SearchResult
from .architecture_parameters import ArchitectureParameters
from .device_objective import DeviceObjective
from .evaluation import SupernetAccuracy
from .health import convergence_threshold, count_skips, skip_mask, skip_probability
from .pareto import pareto_set, within
from .supernet import Supernet
from .updates import ArchitectureUpdate, get_method

PUBLISHED_RATE = 1e-3
"""The least that the learning rate of architecture parameters is by itself."""
PARAMETER_REACH = 5.0
"""How far an architecture parameter can move over a whole search at the default rate."""


class DeviceSearch:
    """What a search finds for one device: probabilities of paths, and the budgets' multipliers.

    ``updates`` is how often the architecture will move, 0 for a baseline: rates are set by it.
    """

    def __init__(
        self,
        config: SearchConfig,
        space: Space,
        objective: DeviceObjective,
        supernet: Supernet,
        generator: torch.Generator,
        updates: int,
    ) -> None:
        self.config, self.space, self.objective, self.updates = config, space, objective, updates
        self.skips = skip_mask(space)
        self.parameters = ArchitectureParameters.for_space(space, generator)
        objective.budgets.schedule(updates)
        rate = config.architecture_learning_rate
        if rate is None:
            rate = max(PUBLISHED_RATE, PARAMETER_REACH / max(updates, 1))
        kind = get_method(config.method)
        self.method = kind(supernet, self.parameters, objective.budgets, rate)

    @property
    def learns(self) -> bool:
        """Whether the probabilities of paths are learned: a baseline's stay as they began."""
        return isinstance(self.method, ArchitectureUpdate)

    def epoch(self) -> DeviceEpoch:
        """Return where the architecture stands, for the log."""
        probabilities = self.parameters.probabilities()
        return DeviceEpoch(
            entropy=float(self.parameters.entropy().mean()),
            confidence=float(probabilities.max(1).values.mean()),
            skip_probability=skip_probability(probabilities, self.skips),
            expected_ms=self.objective.latency.expected(probabilities),
            multipliers={
                budget.name: budget.multiplier for budget in self.objective.budgets.budgets
            },
            probabilities=self._by_block(probabilities),
        )

    def result(self, name: str, accuracy: SupernetAccuracy) -> FoundNetwork:
        """Return the network of a finished search, and those along the time axis it asks for."""
        generator = torch.Generator().manual_seed(self.config.task.seed)

        def choose(budgets: Budgets) -> list[int]:
            return self.method.choose(budgets, accuracy, generator)

        main = self.objective.budgets
        result = self._result(choose(main), main, accuracy)
        latency, others = self.objective.latency, main.only_at_most()
        points = pareto_set(latency, others, choose, accuracy, self.config.pareto)
        networks = [
            FoundNetwork(
                Architecture.choose(self.space, point.choices, f"{name}-{number}"),
                self._result(point.choices, within(point.limit_ms, latency, others), accuracy),
            )
            for number, point in enumerate(points, 1)
        ]
        return FoundNetwork(
            Architecture.choose(self.space, result.choices, name),
            replace(result, target_ms=self.objective.device.limit_ms, pareto=points),
            networks,
        )

    def _result(
        self, choices: list[int], budgets: Budgets, accuracy: SupernetAccuracy
    ) -> SearchResult:
        """Return the figures of a network that was chosen within budgets."""
        low, high = self.objective.latency.bounds(self.parameters.mask)
        probabilities = self.parameters.probabilities()
        confidence = float(probabilities[torch.arange(len(choices)), choices].mean())
        network = Architecture.choose(self.space, choices)
        costs = self.objective.costs
        return SearchResult(
            architecture=list(network.labels),
            target_ms=None,
            predicted_ms=float(self.objective.latency.of(torch.tensor(choices))),
            expected_ms=self.objective.latency.expected(probabilities),
            fastest_ms=low,
            slowest_ms=high,
            parameters=network.parameters,
            macs=network.macs,
            entropy=float(self.parameters.entropy().mean()),
            confidence=confidence,
            converged=not self.learns or confidence >= convergence_threshold(self.parameters.mask),
            skips=count_skips(choices, self.skips, budgets, self.config.task.seed),
            architecture_updates=self.updates,
            candidates=[[c.label for c in block.candidates] for block in self.space.blocks],
            styles={c.label: c.style for block in self.space.blocks for c in block.candidates},
            choices=choices,
            candidate_ms=self._by_block(self.objective.latency.choices),
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
            name=budget.name,
            unit=budget.unit,
            limit=budget.limit,
            aim=budget.aim,
            likeliest=float(budget.costs.of(likeliest)) if self.learns else None,
            expected=budget.expected(probabilities),
            derived=float(budget.costs.of(torch.tensor(choices))),
        )

    def _by_block(self, values: Tensor) -> list[list[float]]:
        """Return (blocks, candidates) as lists, without what pads them to the widest block."""
        return [row[real].tolist() for row, real in zip(values, self.parameters.mask, strict=True)]

    def state_dict(self) -> State:
        """Return everything a resumed search needs."""
        return {
            "parameters": self.parameters.state_dict(),
            "update": self.method.state_dict(),
            "budgets": self.objective.budgets.state_dict(),
        }

    def load_state_dict(self, state: State) -> None:
        """Restore what :meth:`state_dict` returned."""
        if not torch.equal(state["parameters"]["mask"], self.parameters.mask):
            raise ValueError("its blocks have other numbers of candidates")
        self.parameters.load_state_dict(state["parameters"])
        self.method.load_state_dict(state["update"])
        self.objective.budgets.load_state_dict(state["budgets"])
