"""The workers of a run, as torchrun started them, and the store by which they find each other."""

import os
import socket
import time
from dataclasses import dataclass
from datetime import timedelta

import torch.distributed
from torch.distributed import PrefixStore, ProcessGroupGloo, Store, TCPStore

from ..errors import DistributedError
from .group import Group

RING_THREADS = 32
"""All-reduces of gloo's that may be on their way at once; by default it takes two."""


@dataclass(frozen=True)
class World:
    """``size`` workers, of which this process is number ``rank``, and where their store is.

    ``interface`` is the network interface that workers speak over, the only one they listen on;
    None for the one by which the store is reached. Traffic is neither encrypted nor authenticated:
    over the internet, name the interface of a tunnel. ``timeout`` is how many seconds the store
    may take to answer. ``name`` tells one run of a store from another. ``device`` is where
    gradients are that are summed on the way: cpu, or cuda for NCCL.
    """

    rank: int
    size: int
    host: str
    port: int
    timeout: float
    interface: str | None = None
    name: str = "proxyless"
    device: str = "cpu"

    @classmethod
    def of_torchrun(
        cls, timeout: float, interface: str | None = None, device: str = "cpu"
    ) -> "World":
        """Find the world that torchrun describes in the environment.

        Raises:
            DistributedError: torchrun did not start this process.
        """
        try:
            return cls(
                int(os.environ["RANK"]),
                int(os.environ["WORLD_SIZE"]),
                os.environ["MASTER_ADDR"],
                int(os.environ["MASTER_PORT"]),
                timeout,
                interface or os.environ.get("GLOO_SOCKET_IFNAME"),
                device=device,
            )
        except KeyError as missing:
            raise DistributedError(
                f"{missing.args[0]} is not set: start every worker of a distributed run with "
                "torchrun, as docs/sites.md shows"
            ) from None

    def connect(self) -> Store:
        """Return a new connection to the store, which torchrun's first node keeps.

        One on which an answer was late is out of step for good: so they are renewed. Each may look
        up the name of the other end, for seconds where DNS is slow.

        Raises:
            RuntimeError: nobody answers.
        """
        store = TCPStore(
            self.host,
            self.port,
            is_master=False,
            timeout=timedelta(seconds=self.timeout),
            wait_for_workers=False,
        )
        return PrefixStore(self.name, store)

    def open_group(
        self, store: Store, prefix: str, rank: int, size: int, threads: int = 1
    ) -> Group:
        """Open a gloo group under ``prefix``; every member must call this. Waits for all of them,
        and whoever waits for the store blocks everyone else on the same connection.

        Built directly: ``new_group`` gives no say in ``threads``, the collectives in flight.

        Raises:
            RuntimeError: another did not come in time.
        """
        options = ProcessGroupGloo._Options()  # type: ignore[attr-defined]
        where = {"interface": self.interface} if self.interface else {"hostname": self._address()}
        options._devices = [ProcessGroupGloo.create_device(**where)]
        options._timeout = timedelta(seconds=self.timeout)
        options._threads = threads
        return ProcessGroupGloo(PrefixStore(prefix, store), rank, size, options)  # type: ignore[return-value]

    def open_ring(self, store: Store, prefix: str, rank: int, size: int) -> Group:
        """Open a group for all-reduces under ``prefix``: gloo's, or NCCL's where gradients are on
        GPUs. Every member must call this.

        Raises:
            RuntimeError: another did not come in time.
        """
        if self.device == "cpu":
            return self.open_group(store, prefix, rank, size, RING_THREADS)
        nccl = torch.distributed.ProcessGroupNCCL
        options = nccl.Options()
        options._timeout = timedelta(seconds=self.timeout)
        if self.interface:
            os.environ["NCCL_SOCKET_IFNAME"] = self.interface
        # By default NCCL's watchdog ends the whole process when a peer is lost.
        os.environ["TORCH_NCCL_ASYNC_ERROR_HANDLING"] = "0"
        return nccl(PrefixStore(prefix, store), rank, size, options)  # type: ignore[return-value]

    def _address(self) -> str:
        """Return this machine's address on the way to the store; nothing is sent."""
        family, kind, _, _, address = socket.getaddrinfo(
            self.host, self.port, type=socket.SOCK_DGRAM
        )[0]
        with socket.socket(family, kind) as probe:
            probe.connect(address)
            return str(probe.getsockname()[0])


def round_trip(store: Store) -> float:
    """Return the seconds that a store takes to answer: the best of three."""
    seconds = []
    for _ in range(3):
        started = time.monotonic()
        store.add("round-trip", 0)
        seconds.append(time.monotonic() - started)
    return min(seconds)
