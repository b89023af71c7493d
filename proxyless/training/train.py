"""Training a derived network on the whole training set: checks, the loop, and its files."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from search_spaces import InputError, Network
from search_spaces.files import remove_abandoned, sha256
from search_spaces.memory import training_memory
from search_spaces.outside import read_bytes

from ..config import TrainConfig
from ..data.image_data import ImageData
from ..data.opening import open_data
from ..distributed import digest
from ..engine.callbacks import Callback, Progress, check_callbacks
from ..engine.compute import prepare_compute
from ..engine.random_streams import Streams
from ..engine.step_memory import check_step_memory
from ..engine.synchronisation import check_synchronisation
from ..nas.trained_supernet import TrainedSupernet
from ..runs.links import check_inside
from ..runs.origin import CHANGED, Origin
from ..runs.phase_directory import PhaseDirectory
from ..runs.provenance import record
from ..runs.results import TRAINING_RESULT, TrainingResult
from ..runs.trained_run import WEIGHTS
from ..runs.weights import save_weights
from .teacher import load_teacher
from .training_loop import TrainingLoop


def train(
    config: TrainConfig,
    run: Path,
    progress: Progress | None = None,
    callbacks: Sequence[Callback] = (),
) -> TrainingResult:
    """Train ``config.architecture`` and test it once; return the figures.

    Leaves ``weights.safetensors`` and ``result.json`` in ``run / "train"``; continues where an
    interrupted training left off. ``progress`` and ``callbacks`` are as for
    :func:`proxyless.search`; of a training that is finished nothing is told. Workers that share a
    training all end with the same weights.
    """
    listeners = check_callbacks(callbacks)
    check_synchronisation(config.sync)
    architecture = config.architecture
    source = open_data(config.task.data)
    channels, resolution, _ = architecture.input_shape
    if (channels, architecture.classes) != (source.channels, len(source.class_names)):
        raise InputError(
            f"architecture {architecture.name} takes {channels} channels and tells "
            f"{architecture.classes} classes apart, but {config.task.data} has {source.channels} "
            f"channels and {len(source.class_names)} classes: name an architecture for this data"
        )
    begun = PhaseDirectory.is_begun(run / "train", config)
    check_inside(run, run / "train")
    remove_abandoned(run / "train")
    device = prepare_compute(config.task)
    check_step_memory(
        f"training architecture {architecture.name}",
        partial(training_memory, architecture.operations),
        len(source.train),
        config.task,
        config.sync,
        device,
    )
    data = source.load(resolution)
    finished = _finished(run / "train", data) if begun and config.sync is None else None
    if finished is not None:
        return finished
    teacher, digests = None, dict[str, str]()
    if config.teacher:
        teacher = load_teacher(config.teacher, run, architecture, data, device)
        digests["teacher"] = digest(teacher.network.state_dict())
    network = _begin(config, run)
    origin = Origin.of("training", config, data=data.digest, **digests)
    directory = PhaseDirectory.start(run / "train", config, origin)
    loop = TrainingLoop(config, data, directory, network, teacher, device)
    loop.network.train()
    return loop.complete(lambda: _finish(loop, run, directory), progress, listeners)


def _finished(folder: Path, data: ImageData) -> TrainingResult | None:
    """Return the figures of a training that has ended and has its weights; None if it has not.

    Raises:
        InputError: it was made with other data.
    """
    directory = PhaseDirectory(folder)
    if not (directory.is_finished and (folder / WEIGHTS).exists()):
        return None
    result = TRAINING_RESULT.read(directory.result_path)
    if result.data_digest not in (None, data.digest):
        raise InputError(
            f"{folder} was made with {CHANGED['data']}, delete {folder} to start over, or work in "
            "another run directory"
        )
    return result


def _finish(loop: TrainingLoop, run: Path, directory: PhaseDirectory) -> TrainingResult:
    """Write the weights and what the test says, and return the latter."""
    loop.count_steps()
    weights = directory.path / WEIGHTS
    save_weights(loop.trained, weights)
    result = replace(loop.test(), weights_digest=sha256(read_bytes(weights, "weights")))
    if not directory.is_finished:
        record(run, "train")
    TRAINING_RESULT.write(result, directory.result_path)
    return result


def _begin(config: TrainConfig, run: Path) -> Network:
    """Build the network that is trained, with the weights it begins with."""
    with torch.random.fork_rng():
        torch.manual_seed(Streams(config.task.seed, ("weights",))["weights"].initial_seed())
        network = config.architecture.build()
    if config.from_supernet:
        TrainedSupernet.of_run(run).initialise(network, config.architecture)
    return network
