"""Emulated networks: ``open_network`` takes the best one that this machine permits.

Example::

    with open_network(workers=4, delay_ms=60) as network:
        environment = {"MASTER_ADDR": network.address(0), "MASTER_PORT": "29500"}
        processes = [network.start(i, [...], env=environment) for i in range(4)]
        network.cut(3)
        ...
        network.heal()
        sent, received = network.bytes(0)
"""

import sys
from collections.abc import Sequence
from dataclasses import asdict

from benchmarks.network import namespaces
from benchmarks.network.carrier import Carrier
from benchmarks.network.emulation import Emulation
from benchmarks.network.links import Links
from benchmarks.network.proxied_network import ProxiedNetwork


class Network(Emulation):
    """Workers in network namespaces, and between them a router that delays, limits and loses.

    ``delay_ms``: one way, one number or ``[sender][receiver]``. ``rate_mbit``: what a worker can
    send, in Mbit/s with headers; None is no limit, which is what the router carries. ``loss``:
    probability that a packet is lost. ``mtu``: bytes of the largest packet. ``queue_ms``: how much
    traffic waits at a limited uplink before packets are dropped. ``seed``: of the losses.

    Programs need no change: every address is real, every connection is TCP of the kernel's, and
    nothing but the other workers can be reached. ``namespaces.py`` says what is set for them.
    ``congestion_control`` and ``real_time`` (the router's priority) are what the machine permitted.

    Raises ``OSError`` where namespaces are not permitted, and ``ValueError`` for bad numbers.
    """

    kind = "namespaces"
    interface = namespaces.DEVICE

    def __init__(
        self,
        workers: int,
        delay_ms: float | Sequence[Sequence[float]] = 0.0,
        rate_mbit: float | Sequence[float | None] | None = None,
        loss: float | Sequence[Sequence[float]] = 0.0,
        *,
        mtu: int = 1500,
        queue_ms: float = 250.0,
        seed: int = 0,
    ) -> None:
        if not 1 <= workers <= namespaces.MOST:
            raise ValueError(f"there are 1 to {namespaces.MOST} workers, not {workers}")
        links = Links.create(workers, delay_ms, loss, rate_mbit)
        setting = {"links": asdict(links), "mtu": mtu, "queue_ms": queue_ms, "seed": seed}
        super().__init__(links, Carrier("router", setting))
        self.namespaces: list[str] = self._carrier.ready["namespaces"]
        self.congestion_control: str = self._carrier.ready["congestion_control"]
        self.real_time: bool = self._carrier.ready["real_time"]

    def address(self, worker: int) -> str:
        """Return a worker's address, the same for all."""
        self.links.check(worker)
        return namespaces.address(worker)

    def endpoint(self, receiver: int, port: int, sender: int) -> tuple[str, int]:
        """Return the receiver's address and the port itself."""
        return self.address(receiver), port

    def bytes(self, worker: int) -> tuple[int, int]:
        """Return what a worker's interface has sent and received: bytes with IP headers."""
        self.links.check(worker)
        return namespaces.transferred(self.namespaces[worker])

    def _prefix(self, worker: int) -> list[str]:
        return ["ip", "netns", "exec", self.namespaces[worker]]


def open_network(
    workers: int,
    delay_ms: float | Sequence[Sequence[float]] = 0.0,
    rate_mbit: float | Sequence[float | None] | None = None,
    loss: float | Sequence[Sequence[float]] = 0.0,
) -> Emulation:
    """Return a ``Network``, or where namespaces are not permitted a ``ProxiedNetwork``.

    Says on standard error which one, and why; ``kind`` says it to programs. Raises ``ValueError``
    for bad numbers, and for a loss that only the other one can make.
    """
    obstacle = namespaces.obstacle()
    if obstacle is None:
        print("network: namespaces and a router in user space", file=sys.stderr)
        return Network(workers, delay_ms, rate_mbit, loss)
    print(f"network: proxies on the loopback interface, as {obstacle}", file=sys.stderr)
    return ProxiedNetwork(workers, delay_ms, rate_mbit, loss)
