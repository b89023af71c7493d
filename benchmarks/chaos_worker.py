"""One worker of the benchmark ``chaos``: a delayed search that writes down every commit."""

import json
import logging
import time
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.wan_worker import PORT
from latency.prediction.costs import choice_mask, mac_costs
from proxyless.config import TaskConfig
from proxyless.constraints.budget import Budget
from proxyless.constraints.budgets import Budgets
from proxyless.data.image_data import Split
from proxyless.data.opening import open_data
from proxyless.distributed import Commit, Delayed, Membership, Statistics, World, digest
from proxyless.nas.architecture_parameters import ArchitectureParameters
from proxyless.nas.supernet import Supernet
from proxyless.nas.updates import ArchitectureUpdate
from proxyless.nas.updates.gradient import ExactGates
from search_spaces import Space

BATCH = 8
INTERVAL = 8
STEP_SECONDS = 0.1
"""Four workers share two processors: so each steps no more often, and leaves some idle."""


@dataclass(frozen=True)
class Task:
    """What each worker is given; ``folder`` holds logs, and ``end`` when there is to be one."""

    host: str
    workers: int
    interface: str
    timeout: float
    delay: int
    period: int
    transport: str
    folder: str

    @property
    def end(self) -> int | None:
        """The step to stop at, once it is known."""
        file = Path(self.folder) / "end"
        return int(file.read_text()) if file.exists() else None


class Logged(Delayed):
    """Appends the digest of its base to a file after every commit."""

    log: Any

    def _commit(self, commit: Commit) -> None:
        super()._commit(commit)
        line = {"time": time.monotonic(), "view": commit.view, "round": commit.round}
        self.log.write(json.dumps({**line, "digest": self.digest()}) + "\n")
        self.log.flush()


class _Architecture:
    """What is synchronised beside the weights."""

    def __init__(self, update: ArchitectureUpdate) -> None:
        self.update = update

    def state_dict(self) -> dict[str, Any]:
        values = {"values": self.update.parameters.values.detach()}
        return {**values, **self.update.state_dict(), "budgets": self.update.budgets.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        with torch.no_grad():
            self.update.parameters.values.copy_(state["values"])
        self.update.load_state_dict(state)
        self.update.budgets.load_state_dict(state["budgets"])


@cache
def problem() -> tuple[Space, Split]:
    """Return the space to search, and the images to train on."""
    source = open_data("digits")
    space = TaskConfig("digits", "tiny", width=0.25, resolution=8).expand_space(source)
    return space, source.load(space.input_shape[1]).train


def prepare() -> None:
    """Do what takes long the first time in a process. No gradients: autograd does not fork."""
    torch.set_num_threads(1)
    space, data = problem()
    supernet = Supernet(space)
    update = _update(supernet, space)
    generator = torch.Generator().manual_seed(0)
    images, _ = _batch(data, generator)
    _optimizer(supernet).step()
    with torch.no_grad():
        for _ in range(3):
            supernet(images, update.parameters.sample(generator)[0].tolist())


def main(rank: int, settings: dict[str, Any]) -> None:
    """Search until told to stop."""
    task = Task(**settings)
    logging.basicConfig(level=logging.INFO, format=f"%(asctime)s worker {rank}: %(message)s")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    space, data = problem()
    supernet = Supernet(space)
    update = _update(supernet, space)
    optimizer = _optimizer(supernet)
    world = World(rank, task.workers, task.host, PORT, max(5.0, task.timeout), task.interface)
    trainer = Logged(
        optimizer,
        Membership(world, task.timeout),
        delay=task.delay,
        local_update="replay",
        period=task.period,
        transport=task.transport,
        synchronised=[_Architecture(update)],
        apply_statistics=update.apply,
    )
    with (Path(task.folder) / f"{rank}.jsonl").open("a") as trainer.log:
        trainer.join()
        while (end := task.end) is None or trainer.position < end:
            step, begun = trainer.position, time.monotonic()
            paths = torch.Generator().manual_seed(step)
            own = torch.Generator().manual_seed(1_000_003 * (rank + 1) + step)
            images, labels = _batch(data, own)
            optimizer.zero_grad()
            path = update.parameters.sample(paths)[0].tolist()
            torch.autograd.backward(F.cross_entropy(supernet(images, path), labels))
            observe = partial(_observe, update, data, own, paths)
            time.sleep(max(0.0, begun + STEP_SECONDS - time.monotonic()))
            trainer.step(observe if step % INTERVAL == 0 else None)
        trainer.leave()
    final = {
        "digest": trainer.digest(),
        "working": digest([one.detach() for one in trainer.state.parameters]),
        "architecture": update.parameters.probabilities().argmax(1).tolist(),
        "round": trainer.committed_round,
        "position": trainer.position,
    }
    (Path(task.folder) / f"{rank}.final").write_text(json.dumps(final))


def _optimizer(supernet: Supernet) -> torch.optim.Optimizer:
    return torch.optim.SGD(supernet.parameters(), lr=0.01, momentum=0.9, weight_decay=4e-5)


def _update(supernet: Supernet, space: Space) -> ArchitectureUpdate:
    costs, mask = mac_costs(space), choice_mask(space)
    budget = Budget("max_macs", "multiply-adds", costs, sum(costs.bounds(mask)) / 2, "maximise")
    budgets = Budgets([budget], mask)
    budgets.schedule(500)
    parameters = ArchitectureParameters.for_space(space, torch.Generator().manual_seed(0))
    return ExactGates(supernet, parameters, budgets, 0.01)


def _observe(
    update: ArchitectureUpdate, data: Any, own: torch.Generator, paths: torch.Generator
) -> Statistics:
    return update.collect(*_batch(data, own), paths)


def _batch(data: Any, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    indices = torch.randint(len(data), (BATCH,), generator=generator)
    return data.images[indices].float() / 255 - 0.5, data.labels[indices]
