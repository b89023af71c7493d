"""Many networks trained alike, on all cores, into a folder from which an interruption goes on."""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from proxyless import SearchConfig, TaskConfig, TrainConfig, open_data, search, train
from proxyless.data.batches import Batcher
from proxyless.data.splits import stratified
from proxyless.data.transforms import Normalisation
from proxyless.runs.found_network import FoundNetwork
from search_spaces import Architecture, Space

CIFAR10 = Path(__file__).parents[2] / "shared/data/cifar10"
SMALL = Path(__file__).with_name("small.toml")
"""The space of everything here that trains many networks on it."""


def pool() -> ProcessPoolExecutor:
    """Return a process for each core that this one may use; every job in it uses one thread."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return ProcessPoolExecutor(cores, mp_context=get_context("spawn"))


def submit_search(jobs: ProcessPoolExecutor, config: SearchConfig, run: Path) -> Future[Any]:
    """Search; the future's result is a list of :class:`FoundNetwork`."""
    return jobs.submit(_search, config, run)


def submit_trainings(
    jobs: ProcessPoolExecutor,
    task: TaskConfig,
    networks: Mapping[str, Architecture],
    epochs: int,
    seeds: Sequence[int],
    folder: Path,
) -> dict[tuple[str, int], Future[Any]]:
    """Train every network with every seed; the futures' results are test accuracies."""
    return {
        (name, seed): jobs.submit(
            _train,
            TrainConfig(replace(task, seed=seed), network, epochs),
            folder / f"{name}-{seed}",
        )
        for seed in seeds
        for name, network in networks.items()
    }


def held_out_batches(config: SearchConfig, space: Space) -> Batcher:
    """Return the images that a search keeps for its architecture, as it sees them."""
    task = config.task
    data = open_data(task.data).load(space.input_shape[1])
    _, held_out = stratified(
        data.train.labels, config.validation_share, data.class_names, task.seed
    )
    return Batcher(data.train.take(held_out), Normalisation.of(data, task.torch_device))


def _search(config: SearchConfig, run: Path) -> list[FoundNetwork]:
    return search(config, run)


def _train(config: TrainConfig, run: Path) -> float:
    return train(config, run).test_accuracy
