"""The search: weight steps on sampled paths, architecture steps on held-out images."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from latency import Predictor, find_predictor
from search_spaces import InputError, Space
from search_spaces.modules import (
    channels_last,
)

from ..config import DeviceConfig, SearchConfig
from ..constraints.limits import within_peak_memory
from ..constraints.run_costs import RunCosts, load_costs, save_costs
from ..data.batches import Batcher
from ..data.image_data import ImageData
from ..data.opening import open_data
from ..data.splits import stratified
from ..data.transforms import Normalisation
from ..distributed import digest
from ..engine.callbacks import Callback, Progress
from ..engine.compute import autocast, prepare_compute
from ..engine.configuration_check import ConfigurationCheck
from ..engine.epoch_loop import EpochLoop
from ..engine.metrics import Meter, accuracy
from ..engine.optimiser import make_loss, make_optimizer
from ..engine.random_streams import Streams
from ..engine.schedule import cosine, set_learning_rate
from ..engine.synchronisation import make_trainer, worker_shard
from ..runs.found_network import FoundNetwork, save_networks
from ..runs.phase_directory import PhaseDirectory
from ..runs.results import SearchEpoch, SharedSearchEpoch
from .device_objective import DeviceObjective
from .device_search import DeviceSearch
from .evaluation import SupernetAccuracy
from .method import Method
from .supernet import Supernet
from .updates import ArchitectureUpdate, Statistics, get_method


def search(
    config: SearchConfig,
    run: Path,
    progress: Progress | None = None,
    callbacks: Sequence[Callback] = (),
) -> list[FoundNetwork]:
    """Search a network for a data set and each of a configuration's devices.

    Continues where ``run`` left off. What is found for a single device is left in ``run``; for
    several, in ``run / "1"`` and so on, each like the run of a search of its own.
    ``progress`` is told (weight steps made, weight steps in all, the epoch's log line or None);
    ``callbacks`` are told more.

    Raises:
        InputError: anything in the configuration, the data, the tables or the run directory that
            cannot work; raised before any training.
    """
    method, device = get_method(config.method), prepare_compute(config.task)
    begun = PhaseDirectory.is_begun(run / "search", config)
    source = open_data(config.task.data)
    space = within_peak_memory(config.task.expand_space(source), config.max_peak_memory)
    costs = _costs(config, space, run / "search" / "costs.json", begun)
    objectives = _objectives(config, space, costs)
    data = source.load(space.input_shape[1])
    directory = PhaseDirectory.start(run / "search", config)
    loop = _Search(config, space, method, objectives, data, directory, device)
    save_costs(costs, directory.path / "costs.json")
    loop.run(progress, callbacks)
    results = loop.results(run.name)
    save_networks(results, run, directory)
    return results


def _costs(config: SearchConfig, space: Space, file: Path, begun: bool) -> list[RunCosts]:
    """Return what an interrupted search began with, or what the tables say now."""
    if begun and file.exists():
        return load_costs(file, space)
    predictors = [_predictor(device) for device in config.devices]
    try:
        return [RunCosts.of(predictor, space) for predictor in predictors]
    except InputError as error:
        task = config.task
        raise InputError(f"{error}, which is of space {task.space} and data {task.data}") from None


def _objectives(
    config: SearchConfig, space: Space, costs: Sequence[RunCosts]
) -> list[DeviceObjective]:
    """Return the objective on each device; blame the cut by peak memory where there is one."""
    try:
        return [
            DeviceObjective.of(config, device, space, device_costs)
            for device, device_costs in zip(config.devices, costs, strict=True)
        ]
    except InputError as error:
        if config.max_peak_memory is None:
            raise
        cut = f"among networks that keep `max_peak_memory` {config.max_peak_memory:g}"
        raise InputError(f"{cut}, {error}") from None


def _predictor(device: DeviceConfig) -> Predictor:
    return find_predictor(Path(device.table), device.profile)


class _Search(EpochLoop[SearchEpoch | SharedSearchEpoch]):
    """The state of a search, and the steps that change it."""

    def __init__(
        self,
        config: SearchConfig,
        space: Space,
        method: type[Method],
        objectives: Sequence[DeviceObjective],
        data: ImageData,
        directory: PhaseDirectory,
        device: torch.device,
    ) -> None:
        self.config, self.space = config, space
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
            worker_shard(config.sync),
        )
        normalise = Normalisation.of(data, device)
        self.fit = Batcher(data.train.take(fit), normalise, task.augmentation)
        self.held_out = Batcher(data.train.take(held_out), normalise)
        self.warmup_steps = config.warmup_epochs * self.steps_an_epoch
        with torch.random.fork_rng():
            torch.manual_seed(self.streams["weights"].initial_seed())
            self.supernet = Supernet(space)
        channels_last(self.supernet, device)
        self.optimizer = make_optimizer(config.recipe, self.supernet.parameters())
        self.loss = make_loss(config.recipe)
        updates = self._count_updates(method, len(objectives))
        self.devices = [
            DeviceSearch(
                config, space, objective, self.supernet, self.streams["architecture"], updates
            )
            for objective in objectives
        ]
        methods = [device.method for device in self.devices]
        self.updates = [update for update in methods if isinstance(update, ArchitectureUpdate)]
        check = ConfigurationCheck(
            config, images=len(fit), space=f"{space.name} {digest(repr(space))[:8]}"
        )
        self.trainer = make_trainer(
            config.sync,
            self.optimizer,
            synchronised=[check, _SynchronisedArchitectures(self.devices)],
            apply_statistics=self._apply_statistics,
        )
        self.accuracy = SupernetAccuracy(self.supernet, self.held_out, self.batch_size)
        self.training, self.validation = Meter(), Meter()
        self.restore()

    def take_step(self, indices: Tensor) -> None:
        """Train the weights of one path; move the architecture when it is due."""
        since = self.step + 1 - self.warmup_steps
        since -= self.config.frozen_epochs * self.steps_an_epoch
        update, rest = divmod(since, self.config.architecture_interval)
        due = bool(self.updates) and since > 0 and rest == 0
        self._weight_gradients(indices)
        self.trainer.step(partial(self._collect, update % len(self.devices)) if due else None)

    def end_epoch(self, epoch: int, seconds: float) -> SearchEpoch | SharedSearchEpoch:
        """Return losses, accuracies, and where every device's architecture stands."""
        loss, training_accuracy = self.training.means()
        validation_loss, validation_accuracy = self.validation.means()
        validated = self.validation.images > 0
        self.training, self.validation = Meter(), Meter()
        shared = SharedSearchEpoch(
            epoch=epoch,
            phase="warmup" if self.step <= self.warmup_steps else "search",
            loss=loss,
            accuracy=training_accuracy,
            validation_loss=validation_loss if validated else None,
            validation_accuracy=validation_accuracy if validated else None,
            devices=[device.epoch() for device in self.devices],
            seconds=seconds,
        )
        return shared if len(self.devices) > 1 else shared.of_device(0)

    def results(self, name: str) -> list[FoundNetwork]:
        """Return what was found for every device; ``name`` is the run's."""
        results = []
        for number, device in enumerate(self.devices, 1):
            full_name = name if len(self.devices) == 1 else f"{name}-{number}"
            results.append(device.result(full_name, self.accuracy))
        return results

    def _weight_gradients(self, indices: Tensor) -> None:
        if self.step < self.warmup_steps:
            rate = cosine(self.config.warmup_learning_rate, self.step, self.warmup_steps)
        else:
            done, steps = self.step - self.warmup_steps, self.total - self.warmup_steps
            rate = cosine(self.config.recipe.learning_rate, done, steps)
        uniform = self.step < self.warmup_steps or not self.updates
        parameters = self.devices[self.step % len(self.devices)].parameters
        draw = parameters.sample_uniform if uniform else parameters.sample
        path = draw(self.streams["paths"])
        images, labels = self.fit(indices, self.streams["augmentation"])
        set_learning_rate(self.optimizer, rate)
        self.optimizer.zero_grad(set_to_none=True)
        with autocast(self.config.task):
            logits = self.supernet(images, path[0].tolist())
            loss = self.loss(logits, labels)
        loss.backward()
        self.training.add(float(loss.detach()), accuracy(logits.detach(), labels), len(labels))

    def _collect(self, turn: int) -> Statistics:
        """Return what the update of the device whose turn it is takes from a validation batch."""
        update = self.updates[turn]
        batch = max(2, round(update.batch_share * self.batch_size))
        count = len(self.held_out.split)
        indices = torch.randperm(count, generator=self.streams["validation"])[:batch]
        images, labels = self.held_out(indices)
        self.optimizer.zero_grad(set_to_none=True)
        return {
            **update.collect(images, labels, self.streams["paths"]),
            "turn": torch.tensor(float(turn)),
            "images": torch.tensor(float(batch)),
        }

    def _apply_statistics(self, statistics: Statistics) -> None:
        """Move the architecture of the device whose turn it was, then those of the others."""
        turn = int(statistics["turn"])
        update, *others = (*self.updates[turn:], *self.updates[:turn])
        update.apply(statistics)
        for other in others:
            other.apply_others(statistics)
        loss, accuracy = float(statistics["loss"]), float(statistics["accuracy"])
        self.validation.add(loss, accuracy, int(statistics["images"]))

    def _count_updates(self, method: type[Method], devices: int) -> int:
        """Return how often each device's architecture will move; a baseline's never does."""
        if not issubclass(method, ArchitectureUpdate):
            return 0
        interval = self.config.architecture_interval
        moving = self.config.epochs - self.config.frozen_epochs
        updates = moving * self.steps_an_epoch // interval
        if not method.learns_from_others:
            updates //= devices
        if updates == 0:
            raise InputError(
                f"the search would never move the architecture: {moving} epochs of "
                f"{self.steps_an_epoch} steps are fewer than `architecture_interval` {interval}; "
                "raise `epochs` or lower `architecture_interval`"
            )
        return updates

    def state_dict(self) -> dict[str, Any]:
        """Return everything a resumed search needs."""
        return {
            "supernet": self.supernet.state_dict(),
            "devices": [device.state_dict() for device in self.devices],
            "training": vars(self.training),
            "validation": vars(self.validation),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what :meth:`state_dict` returned."""
        self.supernet.load_state_dict(state["supernet"])
        for device, device_state in zip(self.devices, state["devices"], strict=True):
            device.load_state_dict(device_state)
        self.training, self.validation = Meter(**state["training"]), Meter(**state["validation"])


class _SynchronisedArchitectures:
    """What workers keep in step beside the weights: every device's architecture.

    They agree only where they began with the same costs: tables of the same measurements.
    """

    def __init__(self, devices: Sequence[DeviceSearch]) -> None:
        self.devices = devices
        self.costs = digest([device.objective.latency.choices for device in devices])

    def state_dict(self) -> dict[str, Any]:
        return {
            "costs": self.costs,
            "devices": [device.state_dict() for device in self.devices],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        if state["costs"] != self.costs:
            raise InputError(
                "this worker's latency table says otherwise than the other workers' tables: give "
                "every worker a copy of the same `table`"
            )
        for device, device_state in zip(self.devices, state["devices"], strict=True):
            device.load_state_dict(device_state)
