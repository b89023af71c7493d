"""The network for machines without namespaces: connections through proxies that delay."""

import sys
from collections.abc import Sequence
from dataclasses import asdict

from benchmarks.network.carrier import Carrier
from benchmarks.network.emulation import Emulation
from benchmarks.network.links import Links


class ProxiedNetwork(Emulation):
    """Workers on the loopback interface, and proxies for the connections that ask for one.

    Parameters are those of ``Network``, without what concerns packets. Loss must be 0.

    What it can stand for: protocols in which a worker dials an ``endpoint``, such as a client
    and its server, a store, or a transport of one's own. A connection is then as late, as narrow
    and as cut off as its pair.

    What it cannot: ``torch.distributed`` over gloo. Its workers listen at a port of their own
    choice, publish it in the store, and dial each other there, past every proxy and without delay;
    nor may addresses in the store be replaced, as both sides compare them to see which one dials.
    Only the store's own connections (``MASTER_ADDR``, ``MASTER_PORT``) can be led through one.
    Nor does it lose packets; TCP's slow start, windows and retransmission see the loopback
    interface, whose round trip is 0; a cut holds bytes back where a network would drop them; and
    bytes are those of the payload, without headers or what is sent twice.
    """

    kind = "proxies"
    interface = "lo" if sys.platform == "linux" else "lo0"

    def __init__(
        self,
        workers: int,
        delay_ms: float | Sequence[Sequence[float]] = 0.0,
        rate_mbit: float | Sequence[float | None] | None = None,
        loss: float | Sequence[Sequence[float]] = 0.0,
    ) -> None:
        links = Links.create(workers, delay_ms, loss, rate_mbit)
        _without_loss(links)
        super().__init__(links, Carrier("proxy", {"links": asdict(links)}))

    def address(self, worker: int) -> str:
        """Return the loopback address, at which every worker listens, each at its own ports."""
        self.links.check(worker)
        return "127.0.0.1"

    def endpoint(self, receiver: int, port: int, sender: int) -> tuple[str, int]:
        """Return where a proxy listens that leads from one worker to a port of the other."""
        self.links.check(receiver, sender)
        answer = self._carrier.ask({"sender": sender, "receiver": receiver, "port": port})
        return self.address(sender), answer["port"]

    def bytes(self, worker: int) -> tuple[int, int]:
        """Return the bytes of payload that proxies took from a worker and gave to it."""
        self.links.check(worker)
        counts = self.counts()[worker]
        return counts["sent_bytes"], counts["received_bytes"]

    def _set(self, links: Links) -> None:
        _without_loss(links)
        super()._set(links)


def _without_loss(links: Links) -> None:
    if any(value for row in links.loss for value in row):
        raise ValueError("proxies carry TCP and cannot lose packets: loss needs namespaces")
