"""Workers as threads of the test: each has its own links and model, all have one store."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.distributed import HashStore, PrefixStore, Store

from proxyless.distributed import Membership, World

TIMEOUT = 5.0
Result = TypeVar("Result")
PLAIN: dict[str, Any] = {"local_update": "replay", "transport": "direct"}
"""Settings for every optimiser, and with which sums are the same to the last bit."""


@dataclass(frozen=True)
class SharedWorld(World):
    """A world whose store is in this process."""

    store: Store = field(default_factory=HashStore)

    def connect(self) -> Store:
        return PrefixStore(self.name, self.store)


class Crew:
    """A store of its own, and so many workers around it."""

    def __init__(self, size: int, timeout: float = TIMEOUT) -> None:
        self.size, self.timeout = size, timeout
        self.store = HashStore()
        self.store.set_timeout(timedelta(seconds=timeout))

    def membership(self, rank: int) -> Membership:
        """Return the membership of one worker."""
        world = SharedWorld(rank, self.size, "127.0.0.1", 1, self.timeout, store=self.store)
        return Membership(world, self.timeout)

    def run(self, work: Callable[[int], Result]) -> list[Result]:
        """Let every worker do ``work(rank)`` at once; return what they return."""
        with ThreadPoolExecutor(self.size) as pool:
            return list(pool.map(work, range(self.size)))


def model() -> nn.Sequential:
    """Return the same small network every time."""
    generator = torch.Generator().manual_seed(1)
    network = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) / 2)
    return network


def batch(step: int, rank: int) -> tuple[Tensor, Tensor]:
    """Return inputs (16, 6) and labels (16,) of a step on a worker."""
    generator = torch.Generator().manual_seed(1000 * step + rank)
    inputs = torch.randn(16, 6, generator=generator)
    return inputs, (inputs[:, :3] + rank * 0.2).argmax(1)
