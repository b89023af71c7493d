"""Training a derived network from scratch, on the whole training set."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from search_spaces import InputError
from search_spaces.modules import channels_last

from .batches import Batcher, Normalisation
from .config import TrainConfig
from .data import ImageData, open_data
from .loop import EpochLoop, Progress
from .recipe import Meter, Streams, accuracy, cosine, evaluate, set_learning_rate
from .run_directory import PhaseDirectory
from .weights import save_weights


def train(config: TrainConfig, run: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Train ``config.architecture`` and test it once; return the figures.

    Leaves ``weights.safetensors`` and ``result.json`` in ``run / "train"``; continues where an
    interrupted training left off. ``progress`` is as for :func:`proxyless.search`.
    """
    architecture = config.architecture
    source = open_data(config.task.data)
    channels, resolution, _ = architecture.input_shape
    if (channels, architecture.classes) != (source.channels, len(source.class_names)):
        raise InputError(
            f"architecture {architecture.name} takes {channels} channels and tells "
            f"{architecture.classes} classes apart, but {config.task.data} has {source.channels} "
            f"channels and {len(source.class_names)} classes: name an architecture for this data"
        )
    data = source.load(resolution)
    directory = PhaseDirectory.start(run / "train", config)
    loop = _Training(config, data, directory)
    loop.network.train()
    loop.run(progress)
    if directory.result() is None:
        save_weights(loop.network, directory.path / "weights.safetensors")
        directory.finish(loop.test())
    return directory.result() or {}


class _Training(EpochLoop):
    """The state of a training, and its step."""

    def __init__(
        self,
        config: TrainConfig,
        data: ImageData,
        directory: PhaseDirectory,
    ) -> None:
        self.config, self.data = config, data
        task = config.task
        super().__init__(
            directory,
            Streams(task.seed, ("weights", "order", "augmentation")),
            len(data.train),
            task.batch_size,
            config.epochs,
            task.checkpoint_seconds,
        )
        device = task.prepare_compute()
        self.normalise = Normalisation.of(data, device)
        self.batches = Batcher(data.train, self.normalise, task.augmentation)
        with torch.random.fork_rng():
            torch.manual_seed(self.streams["weights"].initial_seed())
            self.network = config.architecture.build()
        channels_last(self.network, device)
        self.optimizer = config.recipe.optimizer(self.network.parameters())
        self.loss = config.recipe.loss()
        self.meter = Meter()
        self.restore()

    def take_step(self, indices: Tensor) -> None:
        """Train every weight on one batch."""
        images, labels = self.batches(indices, self.streams["augmentation"])
        rate = cosine(self.config.recipe.learning_rate, self.step, self.total)
        set_learning_rate(self.optimizer, rate)
        self.optimizer.zero_grad(set_to_none=True)
        logits = self.network(images)
        loss = self.loss(logits, labels)
        loss.backward()
        self.optimizer.step()
        self.meter.add(float(loss.detach()), accuracy(logits.detach(), labels), len(labels))

    def end_epoch(self) -> dict[str, Any]:
        """Return loss, accuracy and the learning rate it ended with."""
        loss, training_accuracy = self.meter.means()
        self.meter = Meter()
        rate = self.optimizer.param_groups[0]["lr"]
        return {"loss": loss, "accuracy": training_accuracy, "learning_rate": rate}

    def test(self) -> dict[str, Any]:
        """Touch the test set, for the first and only time."""
        batches = Batcher(self.data.test, self.normalise)
        indices = torch.split(torch.arange(len(self.data.test)), 256)
        loss, test_accuracy = evaluate(self.network, (batches(some) for some in indices))
        return {
            "test_accuracy": test_accuracy,
            "test_loss": loss,
            "test_images": len(self.data.test),
            "train_images": len(self.data.train),
            "epochs": self.config.epochs,
            "parameters": self.config.architecture.parameters,
            "macs": self.config.architecture.macs,
            "class_names": list(self.data.class_names),
            "mean": list(self.data.mean),
            "std": list(self.data.std),
            "data": self.data.name,
        }

    def state_dict(self) -> dict[str, Any]:
        """Return everything a resumed training needs."""
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "meter": vars(self.meter),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore what :meth:`state_dict` returned."""
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.meter = Meter(**state["meter"])
