"""Workers as threads of the test: each has its own world, links and model."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed import TCPStore

from proxyless.distributed.exchange import Exchange
from proxyless.distributed.world import World

TIMEOUT = 5.0


class Crew:
    """A store of its own, and so many workers around it."""

    def __init__(self, size: int, timeout: float = TIMEOUT) -> None:
        self.size, self.timeout = size, timeout
        self.store = TCPStore(
            "127.0.0.1", 0, is_master=True, timeout=timedelta(seconds=30), wait_for_workers=False
        )

    def exchange(self, rank: int) -> Exchange:
        """Return the exchange of one worker."""
        world = World(rank, self.size, "127.0.0.1", self.store.port, self.timeout)
        return Exchange(world, self.timeout)

    def run(self, work: Callable[[int], Any]) -> list[Any]:
        """Let every worker do ``work(rank)`` at once; return what they return."""
        with ThreadPoolExecutor(self.size) as pool:
            return list(pool.map(work, range(self.size)))


def model() -> nn.Module:
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
