"""The workers of a run, as torchrun started them, and the store by which they find each other."""

import os
import socket
import time
from dataclasses import dataclass
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import Any

import torch.distributed
from torch.distributed import PrefixStore, ProcessGroupGloo, Store, TCPStore

from ..environment import (
    LARGEST_PORT,
    LONGEST_HOST,
    LONGEST_INTERFACE,
    LONGEST_TIMEOUT,
    check_rank,
    number_of,
    rank_and_size,
    shown,
    text_of,
)
from ..errors import DistributedError, first_line
from .addresses import AddressStore
from .group import Group
from .watched_thread import WatchedThread

RING_THREADS = 32
"""All-reduces of gloo's that may be on their way at once; by default it takes two."""


@dataclass(frozen=True)
class World:
    """``size`` workers, of which this process is number ``rank``, and where their store is.

    ``interface`` is the network interface that workers speak over, the only one they listen on;
    None for the one by which the store is reached. The store itself listens on all interfaces of
    its machine: PyTorch's does. Traffic is neither encrypted nor authenticated:
    over the internet, name the interface of a tunnel. ``timeout`` is how many seconds the store
    may take to answer. ``name`` tells one run of a store from another. ``device`` is where
    gradients are that are summed on the way: cpu, or cuda for NCCL.

    Raises:
        DistributedError: one of them cannot be, whatever the machine.
    """

    rank: int
    size: int
    host: str
    port: int
    timeout: float
    interface: str | None = None
    name: str = "proxyless"
    device: str = "cpu"

    def __post_init__(self) -> None:
        check_rank(self.rank, self.size, "`rank`", "`size`")
        if not 0 < len(self.host) <= LONGEST_HOST or not self.host.isprintable():
            raise DistributedError(
                f"the `host` of the store is {shown(self.host)}: give torchrun a name or address "
                "as --master-addr"
            )
        if not 1 <= self.port <= LARGEST_PORT:
            raise DistributedError(
                f"the `port` of the store is {self.port}: give torchrun one from 1 to "
                f"{LARGEST_PORT} as --master-port"
            )
        if not 0 < self.timeout <= LONGEST_TIMEOUT:
            raise DistributedError(
                f"`timeout` {self.timeout:g} is out of range: give seconds above 0, at most "
                f"{LONGEST_TIMEOUT:g}"
            )
        if self.device not in ("cpu", "cuda"):
            raise DistributedError(f"`device` {shown(self.device)} is not cpu or cuda")

    @classmethod
    def of_torchrun(
        cls, timeout: float, interface: str | None = None, device: str = "cpu"
    ) -> "World":
        """Find the world that torchrun describes in the environment.

        Raises:
            DistributedError: torchrun did not start this process, or what the environment says
                is none.
        """
        rank, size = rank_and_size()
        host, port = text_of("MASTER_ADDR"), number_of("MASTER_PORT")
        interface = interface or os.environ.get("GLOO_SOCKET_IFNAME")
        return cls(rank, size, host, port, timeout, interface, device=device)

    def check(self) -> None:
        """Refuse settings with which this machine can speak with no other.

        Raises:
            DistributedError: there is no such network interface, or it has no address; or no way
                leads to the store.
        """
        self._open_device()

    def connect(self) -> Store:
        """Return a new connection to the store, which torchrun's first node keeps.

        One on which an answer was late is out of step for good: so they are renewed. Each may look
        up the name of the other end, for seconds where DNS is slow.

        Another service on the port may say nothing for ever, which PyTorch would wait for.

        Raises:
            RuntimeError: nobody answers, or not as a store.
        """
        answer: SimpleQueue[Store | Exception] = SimpleQueue()
        WatchedThread(
            "connects to the store", answer.put, lambda: answer.put(self._connect())
        ).start()
        try:
            store = answer.get(timeout=self.timeout + 1)
        except Empty:
            raise RuntimeError("what listens there does not speak as a store") from None
        if isinstance(store, Exception):
            raise store
        return PrefixStore(self.name, store)

    def _connect(self) -> Store:
        return TCPStore(
            self.host,
            self.port,
            is_master=False,
            timeout=timedelta(seconds=self.timeout),
            wait_for_workers=False,
        )

    def open_group(
        self, store: Store, prefix: str, rank: int, size: int, threads: int = 1
    ) -> Group:
        """Open a gloo group under ``prefix``; every member must call this. Waits for all of them,
        and whoever waits for the store blocks everyone else on the same connection.

        Built directly: ``new_group`` gives no say in ``threads``, the collectives in flight.

        Raises:
            DistributedError: this machine's interface cannot be used.
            RuntimeError: another did not come in time, or its address is none.
        """
        options = ProcessGroupGloo._Options()  # type: ignore[attr-defined]
        options._devices = [self._open_device()]
        options._timeout = timedelta(seconds=self.timeout)
        options._threads = threads
        addresses = AddressStore(PrefixStore(prefix, store))
        return ProcessGroupGloo(addresses, rank, size, options)  # type: ignore[return-value]

    def open_ring(self, store: Store, prefix: str, rank: int, size: int) -> Group:
        """Open a group for all-reduces under ``prefix``: gloo's, or NCCL's where gradients are on
        GPUs. Every member must call this.

        Raises:
            DistributedError: this machine's interface cannot be used, or torch has no NCCL.
            RuntimeError: another did not come in time.
        """
        if self.device == "cpu":
            return self.open_group(store, prefix, rank, size, RING_THREADS)
        if not torch.distributed.is_nccl_available():
            raise DistributedError(
                "`transport` ring sums on GPUs by NCCL, which this torch has not: choose direct"
            )
        nccl = torch.distributed.ProcessGroupNCCL
        options = nccl.Options()
        options._timeout = timedelta(seconds=self.timeout)
        if self.interface:
            os.environ["NCCL_SOCKET_IFNAME"] = self.interface
        # By default NCCL's watchdog ends the whole process when a peer is lost.
        os.environ["TORCH_NCCL_ASYNC_ERROR_HANDLING"] = "0"
        return nccl(PrefixStore(prefix, store), rank, size, options)  # type: ignore[return-value]

    def _open_device(self) -> Any:
        """Return gloo's device of the interface: a socket is bound to its address.

        Raises:
            DistributedError: that cannot be.
        """
        if self.interface is None:
            address = self._address()
            try:
                return ProcessGroupGloo.create_device(hostname=address)
            except (RuntimeError, ValueError) as error:
                raise DistributedError(
                    f"this machine cannot listen at {address}, by which it reaches the store "
                    f"({first_line(error)}): name the network between workers as `interface`"
                ) from None
        try:
            if 0 < len(self.interface) <= LONGEST_INTERFACE and self.interface.isprintable():
                return ProcessGroupGloo.create_device(interface=self.interface)
        except (RuntimeError, ValueError):
            pass  # gloo says what it looked for, and not what there is
        raise DistributedError(
            f"`interface` {shown(self.interface)} is none of this machine that has an address: "
            f"choose from {', '.join(_interfaces())}"
        )

    def _address(self) -> str:
        """Return this machine's address on the way to the store; nothing is sent.

        Raises:
            DistributedError: there is no way, or no such name.
        """
        try:
            family, kind, _, _, address = socket.getaddrinfo(
                self.host, self.port, type=socket.SOCK_DGRAM
            )[0]
            with socket.socket(family, kind) as probe:
                probe.connect(address)
                return str(probe.getsockname()[0])
        except (OSError, UnicodeError) as error:  # a name with an empty or too long part
            raise DistributedError(
                f"no way leads from this machine to the store at {shown(self.host)} "
                f"({first_line(error)}): check torchrun's --master-addr"
            ) from None


def _interfaces() -> list[str]:
    return [name for _, name in socket.if_nameindex()]


def round_trip(store: Store) -> float:
    """Return the seconds that a store takes to answer: the best of three."""
    seconds = []
    for _ in range(3):
        started = time.monotonic()
        store.add("round-trip", 0)
        seconds.append(time.monotonic() - started)
    return min(seconds)
