"""The loop of a training, and the test of the trained network."""

import torch
from torch import Tensor, nn

from search_spaces import Network
from search_spaces.modules import channels_last

from ..config import TrainConfig
from ..data.batches import Batcher
from ..data.image_data import ImageData
from ..data.transforms import Normalisation
from ..engine.compute import autocast
from ..engine.configuration_check import ConfigurationCheck
from ..engine.epoch_loop import EpochLoop
from ..engine.metrics import Meter, accuracy, evaluate
from ..engine.optimiser import make_loss, make_optimizer
from ..engine.random_streams import Streams
from ..engine.schedule import cosine, set_learning_rate
from ..engine.synchronisation import make_trainer, worker_shard
from ..runs.checkpoint import State
from ..runs.origin import network_digest
from ..runs.phase_directory import PhaseDirectory
from ..runs.results import TrainingEpoch, TrainingResult
from .mixup import mixup
from .teacher import Teacher
from .weight_average import averaged


class TrainingLoop(EpochLoop[TrainingEpoch]):
    """The state of a training, and its step."""

    def __init__(
        self,
        config: TrainConfig,
        data: ImageData,
        directory: PhaseDirectory,
        network: Network,
        teacher: Teacher | None,
        device: torch.device,
    ) -> None:
        self.config, self.data = config, data
        task = config.task
        super().__init__(
            directory,
            Streams(task.seed, ("weights", "order", "augmentation", "mixup")),
            len(data.train),
            task.batch_size,
            config.epochs,
            task.checkpoint_seconds,
            worker_shard(config.sync),
        )
        self.normalise = Normalisation.of(data, device)
        self.batches = Batcher(data.train, self.normalise, task.augmentation)
        self.network = channels_last(network, device)
        self.average = averaged(self.network, config.average) if config.average else None
        self.teacher = teacher
        self.optimizer = make_optimizer(config.recipe, self.network.parameters())
        self.trainer = make_trainer(
            config.sync,
            self.optimizer,
            synchronised=[
                ConfigurationCheck(config, images=len(data.train), classes=list(data.class_names))
            ],
            buffers=self._averaged_at_drains(),
        )
        self.loss = make_loss(config.recipe)
        self.meter = Meter()
        self.restore()

    @property
    def trained(self) -> nn.Module:
        """The network that the training is for: the average of the weights, where there is one."""
        return self.network if self.average is None else self.average.module

    def take_step(self, indices: Tensor) -> None:
        """Train every weight on one batch."""
        self.count_steps()
        images, labels = self.batches(indices, self.streams["augmentation"])
        targets = labels
        if self.config.mixup:
            classes = self.config.architecture.classes
            images, targets = mixup(
                images, labels, classes, self.config.mixup, self.streams["mixup"]
            )
        rate = cosine(self.config.recipe.learning_rate, self.step, self.total)
        set_learning_rate(self.optimizer, rate)
        self.optimizer.zero_grad(set_to_none=True)
        with autocast(self.config.task):
            logits = self.network(images)
            loss = self.loss(logits, targets)
            if self.teacher is not None:
                loss = self.teacher.loss(logits, images, loss)
        loss.backward()
        self.trainer.step()
        if self.average is not None:
            self.average.update_parameters(self.network)
        self.meter.add(float(loss.detach()), accuracy(logits.detach(), labels), len(labels))

    def count_steps(self) -> None:
        """Let what counts batches count all steps, also those that others made without this worker.

        The average's decay depends on it. A training of one process counts right by itself.
        """
        if self.shard is not None:
            for module in self._modules():
                for buffer in module.buffers():
                    if not buffer.is_floating_point():
                        buffer.fill_(self.step)

    def _modules(self) -> list[nn.Module]:
        return [self.network] if self.average is None else [self.network, self.average]

    def _averaged_at_drains(self) -> list[Tensor]:
        """Return what no gradient moves: statistics of batches, and the average of the weights.

        The mean of the workers' moving averages is the moving average of their mean weights.
        """
        tensors = [buffer for module in self._modules() for buffer in module.buffers()]
        weights = () if self.average is None else self.average.parameters()
        return tensors + [weight.detach() for weight in weights]

    def end_epoch(self, epoch: int, seconds: float) -> TrainingEpoch:
        """Return loss, accuracy and the learning rate it ended with."""
        loss, training_accuracy = self.meter.means()
        self.meter = Meter()
        return TrainingEpoch(
            epoch=epoch,
            loss=loss,
            accuracy=training_accuracy,
            learning_rate=self.optimizer.param_groups[0]["lr"],
            seconds=seconds,
        )

    def test(self) -> TrainingResult:
        """Touch the test set, for the first and only time."""
        batches = Batcher(self.data.test, self.normalise)
        indices = torch.split(torch.arange(len(self.data.test)), 256)
        loss, test_accuracy = evaluate(self.trained, (batches(part) for part in indices))
        return TrainingResult(
            test_accuracy=test_accuracy,
            test_loss=loss,
            test_images=len(self.data.test),
            train_images=len(self.data.train),
            epochs=self.config.epochs,
            parameters=self.config.architecture.parameters,
            macs=self.config.architecture.macs,
            class_names=list(self.data.class_names),
            mean=list(self.data.mean),
            std=list(self.data.std),
            data=self.data.name,
            data_digest=self.data.digest,
            network_digest=network_digest(self.config.architecture.operations),
        )

    def state_dict(self) -> State:
        """Return everything a resumed training needs."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict() if self.average else {},
            "meter": vars(self.meter),
        }

    def load_state_dict(self, state: State) -> None:
        """Restore what :meth:`state_dict` returned."""
        self.network.load_state_dict(state["network"])
        if self.average is not None:
            self.average.load_state_dict(state["average"])
        self.meter = Meter.of_state(state["meter"])
