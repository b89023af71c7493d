"""One worker of the benchmark ``wan``: the same training, synchronised in different ways.

Steps are simulated (workers share the processors of one machine, so that they would disturb each
other), everything else is real: gradients, optimiser, transport.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from proxyless.distributed import Delayed, Membership, World, get_codec

PORT = 29500
TIMEOUT = 30.0
MASTER = "MASTER"


@dataclass(frozen=True)
class Way:
    """A way of synchronising: ``kind`` is alone, ring, local, delayed, apart or torchft.

    ``apart`` is delayed with nobody else: each worker's exchange is with itself, at once.
    The first ``untimed`` of its steps let TCP's windows open, as they do once in a training.
    """

    name: str
    kind: str
    steps: int
    untimed: int = 0
    delay: int = 0
    period: int = 1
    codec: str = "dense"
    kept: float = 0.01
    transport: str = "direct"
    local_update: str = "quasi-hyperbolic"


@dataclass(frozen=True)
class Task:
    """What each worker is given; ``hosts`` are their addresses, the first the store's too."""

    hosts: tuple[str, ...]
    step_seconds: float
    values: int
    interface: str
    ways: tuple[Way, ...]


class Model(nn.Module):
    """As many parameters as there are to exchange; its loss is the distance from noisy aims."""

    def __init__(self, values: int) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.zeros(values))
        self.aim = torch.linspace(-1, 1, values)

    def loss(self, noise: Tensor) -> Tensor:
        """Return the mean squared distance from the aim, moved by ``noise``."""
        return (self.weights - self.aim - noise).square().mean() * len(self.aim) / 2


def open_optimizer(model: Model) -> torch.optim.SGD:
    """Return what every way trains with."""
    return torch.optim.SGD(model.parameters(), lr=0.002, momentum=0.9)


def main(rank: int, task: Task) -> None:
    """Train in every way; print a line for each."""
    world = World(rank, len(task.hosts), task.hosts[0], PORT, TIMEOUT, task.interface)
    store = world.connect()
    group: Any = world.open_group(store, "ring", rank, world.size)
    for number, way in enumerate(task.ways):
        group.barrier().wait()
        model = Model(task.values)
        optimizer = open_optimizer(model)
        step, finish = _stepper(way, task, world, number, group, model, optimizer)
        generator = torch.Generator().manual_seed(rank)
        take = partial(_take_steps, task, model, optimizer, step, generator)
        group.barrier().wait()
        take(way.untimed)
        sent, started = _sent(task.interface), time.monotonic()
        take(way.steps - way.untimed)
        ended = time.monotonic()
        finish()
        row = {
            "rank": rank,
            "way": asdict(way),
            "seconds": ended - started,
            "drain_seconds": time.monotonic() - ended,
            "bytes": _sent(task.interface) - sent,
            "loss": float(model.loss(torch.zeros(task.values)).detach()),
        }
        print(json.dumps(row), flush=True)
    group.barrier().wait()


def _take_steps(
    task: Task,
    model: Model,
    optimizer: torch.optim.Optimizer,
    step: Callable[[], None],
    generator: torch.Generator,
    steps: int,
) -> None:
    """Take steps, each of which takes as long as a step does."""
    for _ in range(steps):
        begun = time.monotonic()
        noise = torch.randn(task.values, generator=generator)
        optimizer.zero_grad()
        torch.autograd.backward(model.loss(noise))
        time.sleep(max(0.0, begun + task.step_seconds - time.monotonic()))
        step()


def _stepper(
    way: Way, task: Task, world: World, number: int, group: Any, model: Model, optimizer: Any
) -> tuple[Callable[[], None], Callable[[], None]]:
    """Return what to call after each backward pass, and at the end."""
    if way.kind == "alone":
        return optimizer.step, lambda: None
    if way.kind == "ring":
        return lambda: _ring_step(group, world.size, model.weights, optimizer), lambda: None
    if way.kind == "local":
        return LocalSteps(way.period, group, world.size, model.weights, optimizer), lambda: None
    if way.kind == "torchft":
        from benchmarks.wan_torchft import Place, Replica

        ports = PORT + 10 * (number + 1), PORT + 10 * (number + 1) + 1
        replica = Replica(
            Place(world.rank, task.hosts, *ports),
            way.delay,
            way.period,
            TIMEOUT,
            lambda: group.barrier().wait(),
            model,
            optimizer,
        )
        return replica.step, replica.finish
    name = f"way-{number}"
    named = replace(world, name=name)
    if way.kind == "apart":
        named = replace(world, rank=0, size=1, name=f"{name}-{world.rank}")
    trainer = Delayed(
        optimizer,
        Membership(named, TIMEOUT),
        delay=way.delay,
        period=way.period,
        codec=get_codec(way.codec, way.kept),
        transport=way.transport,
        local_update=way.local_update,
    )
    trainer.join()
    return trainer.step, trainer.leave


def _ring_step(group: Any, size: int, weights: nn.Parameter, optimizer: Any) -> None:
    """Synchronous SGD as it is usual: a ring all-reduce of gradients, then a step."""
    assert weights.grad is not None
    group.allreduce([weights.grad]).wait()
    weights.grad /= size
    optimizer.step()


@dataclass
class LocalSteps:
    """Local SGD: the weights are averaged by a ring all-reduce every ``period`` steps."""

    period: int
    group: Any
    size: int
    weights: nn.Parameter
    optimizer: Any
    made: int = 0

    def __call__(self) -> None:
        """Step; average when it is time."""
        self.optimizer.step()
        self.made += 1
        if self.made % self.period == 0:
            self.group.allreduce([self.weights.data]).wait()
            self.weights.data /= self.size


def _sent(interface: str) -> int:
    return int(Path(f"/sys/class/net/{interface}/statistics/tx_bytes").read_text())


if __name__ == "__main__":
    torch.set_num_threads(1)
    given = json.loads(sys.argv[2])
    ways = tuple(Way(**way) for way in given.pop("ways"))
    main(int(sys.argv[1]), Task(tuple(given.pop("hosts")), **given, ways=ways))
