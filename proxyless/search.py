"""The search: weight steps on sampled paths, architecture steps on held-out images."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from latency import AdditiveCosts, load_predictor
from search_spaces import Architecture, InputError, Space
from search_spaces.modules import channels_last
from search_spaces.resources import network_peak_activation_bytes as peak_activation_bytes

from .architecture_parameters import ArchitectureParameters
from .baselines import BASELINES, best_of_random, evolve
from .batches import Batcher, Normalisation
from .budgets import Budgets
from .config import SearchConfig
from .costs import RunCosts
from .data import ImageData, open_data, stratified
from .evaluation import SupernetAccuracy
from .limits import budgets_of, within_peak_memory
from .loop import EpochLoop, Progress
from .pareto import ParetoPoint, pareto_set
from .recipe import Meter, Streams, accuracy, cosine, set_learning_rate
from .run_directory import PhaseDirectory
from .supernet import Supernet
from .updates import ArchitectureUpdate, get_update

PARAMETER_REACH = 5.0
"""How far an architecture parameter can move over a whole search at the default rate."""
CONVERGED_CONFIDENCE = 0.5
"""A search whose chosen paths have a lower mean probability counts as not converged."""


@dataclass(frozen=True)
class SearchResult:
    """What a search found, and how sure it was."""

    architecture: Architecture
    summary: dict[str, Any]


def search(config: SearchConfig, run: Path, progress: Progress | None = None) -> SearchResult:
    """Search a network for a data set, a device and a target; continue where ``run`` left off.

    ``progress`` is told (weight steps made, weight steps in all, the epoch's log line or None).

    Raises:
        InputError: anything in the configuration, the data, the table or the run directory that
            cannot work; raised before any training.
    """
    source = open_data(config.task.data)
    space = within_peak_memory(config.task.expand_space(source), config.max_peak_memory)
    costs = _costs(config, space, run / "search")
    budgets = budgets_of(config, space, costs.tensors)
    data = source.load(space.input_shape[1])
    directory = PhaseDirectory.start(run / "search", config)
    loop = _Search(config, space, costs.tensors, budgets, data, directory)
    costs.save(directory.path / "costs.json")
    loop.run(progress)
    choices = loop.choose()
    architecture = Architecture.choose(space, choices, run.name)
    summary = loop.summary(choices, architecture, costs)
    architecture.save(run / "architecture.json")
    for number, point in enumerate(summary["pareto"], 1):
        name = f"{run.name}-{number}"
        (run / "pareto" / f"{number}").mkdir(parents=True, exist_ok=True)
        network = Architecture.choose(space, point["choices"], name)
        network.save(run / "pareto" / f"{number}" / "architecture.json")
    directory.finish(summary)
    return SearchResult(architecture, summary)


def _costs(config: SearchConfig, space: Space, folder: Path) -> RunCosts:
    """Return what an interrupted search began with, or what the table says now."""
    if (folder / "checkpoint.pt").exists() and (folder / "costs.json").exists():
        return RunCosts.load(folder / "costs.json")
    predictor = load_predictor(
        Path(config.table), config.runtime, config.device, config.threads, config.latency_batch
    )
    return RunCosts.of(predictor, space)


class _Search(EpochLoop):
    """The state of a search, and the steps that change it."""

    def __init__(
        self,
        config: SearchConfig,
        space: Space,
        latency: AdditiveCosts,
        budgets: Budgets,
        data: ImageData,
        directory: PhaseDirectory,
    ) -> None:
        self.config, self.space = config, space
        self.latency, self.budgets = latency, budgets
        task = config.task
        fit, held_out = stratified(
            data.train.labels, config.validation_share, data.class_names, task.seed
        )
        super().__init__(
            directory,
            Streams(
                task.seed,
                ("weights", "architecture", "order", "validation", "paths", "augmentation"),
            ),
            len(fit),
            task.batch_size,
            config.warmup_epochs + config.epochs,
            task.checkpoint_seconds,
        )
        device = task.prepare_compute()
        normalise = Normalisation.of(data, device)
        self.fit = Batcher(data.train.take(fit), normalise, task.augmentation)
        self.held_out = Batcher(data.train.take(held_out), normalise)
        self.warmup_steps = config.warmup_epochs * self.steps_an_epoch
        with torch.random.fork_rng():
            torch.manual_seed(self.streams["weights"].initial_seed())
            self.supernet = Supernet(space)
        channels_last(self.supernet, device)
        self.optimizer = config.recipe.optimizer(self.supernet.parameters())
        self.loss = config.recipe.loss()
        self.parameters = ArchitectureParameters.for_space(space, self.streams["architecture"])
        self.updates = self._count_updates()
        self.budgets.schedule(self.updates)
        rate = config.architecture_learning_rate or max(1e-3, PARAMETER_REACH / self.updates)
        self.update = (
            None
            if config.method in BASELINES
            else get_update(config.method, self.supernet, self.parameters, budgets, rate)
        )
        self.accuracy = SupernetAccuracy(self.supernet, self.held_out, self.batch_size)
        self.training, self.validation = Meter(), Meter()
        self.restore()

    def take_step(self, indices: Tensor) -> None:
        """Train the weights of one path; move the architecture when it is due."""
        self._weight_step(indices)
        since = self.step + 1 - self.warmup_steps
        since -= self.config.frozen_epochs * self.steps_an_epoch
        if self.update and since > 0 and since % self.config.architecture_interval == 0:
            self._architecture_step(self.update)

    def end_epoch(self) -> dict[str, Any]:
        """Return losses, accuracies, and where the architecture stands."""
        loss, training_accuracy = self.training.means()
        validation_loss, validation_accuracy = self.validation.means()
        validated = self.validation.images > 0
        self.training, self.validation = Meter(), Meter()
        probabilities = self.parameters.probabilities()
        return {
            "phase": "warmup" if self.step <= self.warmup_steps else "search",
            "loss": loss,
            "accuracy": training_accuracy,
            "validation_loss": validation_loss if validated else None,
            "validation_accuracy": validation_accuracy if validated else None,
            "entropy": float(self.parameters.entropy().mean()),
            "confidence": float(probabilities.max(1).values.mean()),
            "expected_ms": self.latency.expected(probabilities),
            "multipliers": {one.option: one.multiplier for one in self.budgets.budgets},
            "probabilities": [
                row[real].tolist()
                for row, real in zip(probabilities, self.parameters.mask, strict=True)
            ],
        }

    def choose(self) -> list[int]:
        """Return a candidate for every block: the most probable, or what a baseline finds."""
        generator = torch.Generator().manual_seed(self.config.task.seed)
        match self.config.method:
            case "random":
                return best_of_random(self.budgets, self.accuracy, generator)
            case "evolution":
                return evolve(self.budgets, self.accuracy, generator)
        return self.budgets.derive(self.parameters.log_probabilities())

    def pareto(self) -> list[ParetoPoint]:
        """Return as many networks along the time axis as the configuration asks for."""
        if not self.config.pareto:
            return []
        log_probabilities = self.parameters.log_probabilities()
        return pareto_set(
            self.latency, self.budgets.caps(), log_probabilities, self.accuracy, self.config.pareto
        )

    def summary(
        self, choices: list[int], architecture: Architecture, costs: RunCosts
    ) -> dict[str, Any]:
        """Return the figures of a finished search, as plain data."""
        low, high = self.latency.bounds(self.parameters.mask)
        path = torch.tensor(choices)
        probabilities = self.parameters.probabilities()
        confidence = float(probabilities[torch.arange(len(choices)), choices].mean())
        return {
            "architecture": list(architecture.labels),
            "target_ms": self.config.target_ms or self.config.max_ms,
            "predicted_ms": float(self.latency.of(path)),
            "expected_ms": self.latency.expected(probabilities),
            "fastest_ms": low,
            "slowest_ms": high,
            "parameters": architecture.parameters,
            "macs": architecture.macs,
            "entropy": float(self.parameters.entropy().mean()),
            "confidence": confidence,
            "converged": self.update is None or confidence >= CONVERGED_CONFIDENCE,
            "architecture_updates": self.updates,
            "candidates": [[c.label for c in block.candidates] for block in self.space.blocks],
            "choices": choices,
            "profile": costs.profile,
            "device": costs.device,
            "runtime": costs.runtime,
            "settings": asdict(costs.settings),
            "relative_error": costs.relative_error,
            "supernet_accuracy": self.accuracy([choices])[0],
            "pareto": [asdict(point) for point in self.pareto()],
            "peak_memory": peak_activation_bytes(architecture.operations),
            "budgets": [
                {
                    "option": one.option,
                    "unit": one.unit,
                    "limit": one.limit,
                    "expected": one.expected(probabilities),
                    "derived": float(one.costs.of(path)),
                }
                for one in self.budgets.budgets
            ],
        }

    def _weight_step(self, indices: Tensor) -> None:
        if self.step < self.warmup_steps:
            rate = cosine(self.config.warmup_learning_rate, self.step, self.warmup_steps)
        else:
            done, steps = self.step - self.warmup_steps, self.total - self.warmup_steps
            rate = cosine(self.config.recipe.learning_rate, done, steps)
        uniform = self.step < self.warmup_steps or self.update is None
        draw = self.parameters.sample_uniform if uniform else self.parameters.sample
        path = draw(self.streams["paths"])
        images, labels = self.fit(indices, self.streams["augmentation"])
        set_learning_rate(self.optimizer, rate)
        self.optimizer.zero_grad(set_to_none=True)
        logits = self.supernet(images, path[0].tolist())
        loss = self.loss(logits, labels)
        loss.backward()
        self.optimizer.step()
        self.training.add(float(loss.detach()), accuracy(logits.detach(), labels), len(labels))

    def _architecture_step(self, update: ArchitectureUpdate) -> None:
        count = len(self.held_out.split)
        indices = torch.randperm(count, generator=self.streams["validation"])[: self.batch_size]
        images, labels = self.held_out(indices)
        self.optimizer.zero_grad(set_to_none=True)
        outcome = update.step(images, labels, self.streams["paths"])
        self.validation.add(outcome.loss, outcome.accuracy, len(labels))

    def _count_updates(self) -> int:
        interval = self.config.architecture_interval
        moving = self.config.epochs - self.config.frozen_epochs
        updates = moving * self.steps_an_epoch // interval
        if updates == 0:
            raise InputError(
                f"the search would never move the architecture: {moving} epochs of "
                f"{self.steps_an_epoch} steps are fewer than --interval {interval}; "
                "raise --epochs or lower --interval"
            )
        return updates

    def state_dict(self) -> dict[str, Any]:
        """Return everything a resumed search needs."""
        return {
            "supernet": self.supernet.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "parameters": self.parameters.state_dict(),
            "update": self.update.state_dict() if self.update else {},
            "budgets": self.budgets.state_dict(),
            "training": vars(self.training),
            "validation": vars(self.validation),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what :meth:`state_dict` returned."""
        self.supernet.load_state_dict(state["supernet"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.parameters.load_state_dict(state["parameters"])
        if self.update:
            self.update.load_state_dict(state["update"])
        self.budgets.load_state_dict(state["budgets"])
        self.training, self.validation = Meter(**state["training"]), Meter(**state["validation"])
