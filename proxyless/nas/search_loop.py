"""The loop of a search: weight steps on sampled paths, architecture steps on held-out images."""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from search_spaces import Space
from search_spaces.modules import channels_last

from ..config import SearchConfig
from ..data.batches import Batcher
from ..data.image_data import ImageData
from ..data.splits import stratified
from ..data.transforms import Normalisation
from ..distributed import digest
from ..engine.compute import autocast
from ..engine.configuration_check import ConfigurationCheck
from ..engine.epoch_loop import EpochLoop
from ..engine.metrics import Meter, accuracy
from ..engine.optimiser import make_loss, make_optimizer
from ..engine.random_streams import Streams
from ..engine.schedule import set_learning_rate
from ..engine.synchronisation import make_trainer, worker_shard
from ..runs.checkpoint import State
from ..runs.found_network import FoundNetwork
from ..runs.phase_directory import PhaseDirectory
from ..runs.results import SearchEpoch, SharedSearchEpoch
from .architecture_steps import ArchitectureSteps
from .device_objective import DeviceObjective
from .device_search import DeviceSearch
from .evaluation import SupernetAccuracy
from .method import Method
from .search_schedule import SearchSchedule
from .shared_architectures import SharedArchitectures
from .supernet import Supernet
from .updates import ArchitectureUpdate

STREAMS = ("weights", "architecture", "order", "validation", "paths", "augmentation")


class SearchLoop(EpochLoop[SearchEpoch | SharedSearchEpoch]):
    """The state of a search, and its steps.

    A step trains the weights of one path, sampled from the architecture of one device, and may end
    with an architecture step. Devices take turns in both.
    """

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
        self.config, task = config, config.task
        streams = Streams(task.seed, STREAMS)
        shard = worker_shard(config.sync)  # before tensors are made: it selects the GPU
        self.fit, self.held_out = _batchers(config, data, device)
        images, epochs = len(self.fit.split), config.warmup_epochs + config.epochs
        super().__init__(
            directory, streams, images, task.batch_size, epochs, task.checkpoint_seconds, shard
        )
        self.schedule = SearchSchedule(config, self.steps_an_epoch)
        with torch.random.fork_rng():
            torch.manual_seed(streams["weights"].initial_seed())
            self.supernet = Supernet(space)
        channels_last(self.supernet, device)
        self.optimizer = make_optimizer(config.recipe, self.supernet.parameters())
        self.loss = make_loss(config.recipe)
        updates, generator = self.schedule.updates(method, len(objectives)), streams["architecture"]
        self.devices = [
            DeviceSearch(config, space, objective, self.supernet, generator, updates)
            for objective in objectives
        ]
        methods = [device.method for device in self.devices]
        learning = [method for method in methods if isinstance(method, ArchitectureUpdate)]
        self.architectures = ArchitectureSteps(
            learning, self.supernet, self.held_out, self.batch_size, streams
        )
        named = f"{space.name} {digest(repr(space))[:8]}"
        classes = list(data.class_names)
        check = ConfigurationCheck(config, images=images, space=named, classes=classes)
        self.trainer = make_trainer(
            config.sync,
            self.optimizer,
            synchronised=[check, SharedArchitectures(self.devices)],
            apply_statistics=self.architectures.apply,
        )
        self.accuracy = SupernetAccuracy(self.supernet, self.held_out, self.batch_size)
        self.training = Meter()
        self.restore()

    def take_step(self, indices: Tensor) -> None:
        """Train the weights of one path; take an architecture step if one is due."""
        number = self.schedule.architecture_step(self.step) if self.architectures.updates else None
        self._weight_gradients(indices)
        self.trainer.step(None if number is None else partial(self.architectures.collect, number))

    def _weight_gradients(self, indices: Tensor) -> None:
        path = self._draw_path()
        images, labels = self.fit(indices, self.streams["augmentation"])
        set_learning_rate(self.optimizer, self.schedule.learning_rate(self.step))
        self.optimizer.zero_grad(set_to_none=True)
        with autocast(self.config.task):
            logits = self.supernet(images, path)
            loss = self.loss(logits, labels)
        loss.backward()
        self.training.add(float(loss.detach()), accuracy(logits.detach(), labels), len(labels))

    def _draw_path(self) -> list[int]:
        """Return a sampled path (blocks,); uniform in the warm-up and for baselines."""
        parameters = self.devices[self.step % len(self.devices)].parameters
        uniform = self.step < self.schedule.warmup_steps or not self.architectures.updates
        draw = parameters.sample_uniform if uniform else parameters.sample
        path: list[int] = draw(self.streams["paths"])[0].tolist()
        return path

    def end_epoch(self, epoch: int, seconds: float) -> SearchEpoch | SharedSearchEpoch:
        """Return losses, accuracies, and the state of every device's architecture."""
        validation = self.architectures.meter
        loss, training_accuracy = self.training.means()
        validation_loss, validation_accuracy = validation.means()
        validated = validation.images > 0
        self.training, self.architectures.meter = Meter(), Meter()
        shared = SharedSearchEpoch(
            epoch=epoch,
            phase="warmup" if self.step <= self.schedule.warmup_steps else "search",
            loss=loss,
            accuracy=training_accuracy,
            validation_loss=validation_loss if validated else None,
            validation_accuracy=validation_accuracy if validated else None,
            devices=[device.epoch() for device in self.devices],
            seconds=seconds,
        )
        return shared if len(self.devices) > 1 else shared.of_device(0)

    def results(self, name: str) -> list[FoundNetwork]:
        """Return the network found for each device; ``name`` is the run's."""
        results = []
        for number, device in enumerate(self.devices, 1):
            full_name = name if len(self.devices) == 1 else f"{name}-{number}"
            results.append(device.result(full_name, self.accuracy))
        return results

    def state_dict(self) -> State:
        """Return everything a resumed search needs."""
        return {
            "supernet": self.supernet.state_dict(),
            "devices": [device.state_dict() for device in self.devices],
            "training": vars(self.training),
            "validation": vars(self.architectures.meter),
        }

    def load_state_dict(self, state: State) -> None:
        """Restore what :meth:`state_dict` returned."""
        self.supernet.load_state_dict(state["supernet"])
        for device, device_state in zip(self.devices, state["devices"], strict=True):
            device.load_state_dict(device_state)
        self.training = Meter.of_state(state["training"])
        self.architectures.meter = Meter.of_state(state["validation"])


def _batchers(
    config: SearchConfig, data: ImageData, device: torch.device
) -> tuple[Batcher, Batcher]:
    """Return the batchers of the images for the weights, and of the held-out ones."""
    task, labels = config.task, data.train.labels
    fit, held_out = stratified(labels, config.validation_share, data.class_names, task.seed)
    normalise = Normalisation.of(data, device)
    return (
        Batcher(data.train.take(fit), normalise, task.augmentation),
        Batcher(data.train.take(held_out), normalise),
    )
