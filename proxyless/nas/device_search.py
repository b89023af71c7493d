"""One device's side of a search: its architecture over the weights that all devices share."""

from dataclasses import asdict
from typing import Any

import torch

from search_spaces import Architecture, Space
from search_spaces.resources import network_peak_activation_bytes as peak_activation_bytes

from ..config import SearchConfig
from ..constraints.budgets import Budgets
from ..runs.search_result import SearchResult
from .architecture_parameters import ArchitectureParameters
from .device_objective import DeviceObjective
from .evaluation import SupernetAccuracy
from .health import Skips, convergence_threshold, skip_mask, skip_probability
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

    def record(self) -> dict[str, Any]:
        """Return where the architecture stands, for the log."""
        probabilities = self.parameters.probabilities()
        return {
            "entropy": float(self.parameters.entropy().mean()),
            "confidence": float(probabilities.max(1).values.mean()),
            "skip_probability": skip_probability(probabilities, self.skips),
            "expected_ms": self.objective.latency.expected(probabilities),
            "multipliers": {
                budget.name: budget.multiplier for budget in self.objective.budgets.budgets
            },
            "probabilities": [
                row[real].tolist()
                for row, real in zip(probabilities, self.parameters.mask, strict=True)
            ],
        }

    def result(self, name: str, accuracy: SupernetAccuracy) -> SearchResult:
        """Return the network of a finished search, and those along the time axis it asks for."""
        generator = torch.Generator().manual_seed(self.config.task.seed)

        def choose(budgets: Budgets) -> list[int]:
            return self.method.choose(budgets, accuracy, generator)

        main = self.objective.budgets
        summary = self._summary(choose(main), main, accuracy)
        latency, others = self.objective.latency, main.only_at_most()
        points = pareto_set(latency, others, choose, accuracy, self.config.pareto)
        networks = [
            SearchResult(
                Architecture.choose(self.space, point.choices, f"{name}-{number}"),
                self._summary(point.choices, within(point.limit_ms, latency, others), accuracy),
            )
            for number, point in enumerate(points, 1)
        ]
        return SearchResult(
            Architecture.choose(self.space, summary["choices"], name),
            {
                **summary,
                "target_ms": self.objective.device.limit_ms,
                "pareto": [asdict(point) for point in points],
            },
            networks,
        )

    def _summary(
        self, choices: list[int], budgets: Budgets, accuracy: SupernetAccuracy
    ) -> dict[str, Any]:
        """Return the figures of a network that was chosen within budgets, as plain data."""
        low, high = self.objective.latency.bounds(self.parameters.mask)
        path = torch.tensor(choices)
        probabilities = self.parameters.probabilities()
        confidence = float(probabilities[torch.arange(len(choices)), choices].mean())
        likeliest = probabilities.argmax(1)
        network = Architecture.choose(self.space, choices)
        skips = Skips.of(choices, self.skips, budgets, self.config.task.seed)
        return {
            "architecture": list(network.labels),
            "target_ms": None,
            "predicted_ms": float(self.objective.latency.of(path)),
            "expected_ms": self.objective.latency.expected(probabilities),
            "fastest_ms": low,
            "slowest_ms": high,
            "parameters": network.parameters,
            "macs": network.macs,
            "entropy": float(self.parameters.entropy().mean()),
            "confidence": confidence,
            "converged": not self.learns
            or confidence >= convergence_threshold(self.parameters.mask),
            "skips": asdict(skips),
            "architecture_updates": self.updates,
            "candidates": [[c.label for c in block.candidates] for block in self.space.blocks],
            "choices": choices,
            "candidate_ms": [
                row[real].tolist()
                for row, real in zip(
                    self.objective.latency.choices, self.parameters.mask, strict=True
                )
            ],
            "profile": self.objective.costs.profile,
            "device": self.objective.costs.device,
            "device_name": self.objective.costs.device_name,
            "runtime": self.objective.costs.runtime,
            "settings": asdict(self.objective.costs.settings),
            "relative_error": self.objective.costs.relative_error,
            "supernet_accuracy": accuracy([choices])[0],
            "pareto": [],
            "peak_memory": peak_activation_bytes(network.operations),
            "max_peak_memory": self.config.max_peak_memory,
            "budgets": [
                {
                    "name": one.name,
                    "unit": one.unit,
                    "limit": one.limit,
                    "aim": one.aim,
                    "likeliest": float(one.costs.of(likeliest)) if self.learns else None,
                    "expected": one.expected(probabilities),
                    "derived": float(one.costs.of(path)),
                }
                for one in budgets.budgets
            ],
        }

    def state_dict(self) -> dict[str, Any]:
        """Return everything a resumed search needs."""
        return {
            "parameters": self.parameters.state_dict(),
            "update": self.method.state_dict(),
            "budgets": self.objective.budgets.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what :meth:`state_dict` returned."""
        self.parameters.load_state_dict(state["parameters"])
        self.method.load_state_dict(state["update"])
        self.objective.budgets.load_state_dict(state["budgets"])
