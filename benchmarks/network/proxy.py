"""TCP proxies that delay, a process of their own: ``python -m benchmarks.network.proxy``.

For each ordered pair and port that the owner asks for there is a proxy on the loopback interface.
What it reads waits for the sender's uplink, then for the delay of its direction, and is written on
the other side, in order; the end of a direction travels like its data. A connection's first bytes
wait a round trip more, as they would for the handshake. Where the pair is cut, bytes wait.

It is spoken to in lines of JSON: first and later ``{"links": ...}``; ``{"sender": i, "receiver": j,
"port": p}`` is answered with the ``port`` of a proxy; every answer has the ``counts``.
"""

import asyncio
import json
import selectors
import sys
from dataclasses import asdict, dataclass
from functools import partial

from benchmarks.network.links import Links

CHUNK = 16_384
IN_FLIGHT = 1024
"""Chunks under way in one direction of one connection before its sender has to wait."""


@dataclass
class Count:
    """Bytes of payload taken from one worker and given to it."""

    sent_bytes: int = 0
    received_bytes: int = 0


class Proxies:
    """The proxies of a network, and what passes them."""

    def __init__(self, links: Links) -> None:
        self.counts = [Count() for _ in range(links.workers)]
        self._links = links
        self._changed = asyncio.Event()
        self._servers: dict[tuple[int, int, int], asyncio.Server] = {}
        self._uplink_free = [0.0] * links.workers

    def set_links(self, links: Links) -> None:
        """Change the links; bytes under way keep their delay."""
        self._links = links
        self._changed.set()
        self._changed = asyncio.Event()

    async def port(self, sender: int, receiver: int, port: int) -> int:
        """Return the port of the proxy that leads from a worker to a port of another."""
        key = sender, receiver, port
        if key not in self._servers:
            serve = partial(self._serve, sender, receiver, port)
            self._servers[key] = await asyncio.start_server(serve, "127.0.0.1", 0, limit=CHUNK)
        return int(self._servers[key].sockets[0].getsockname()[1])

    async def _serve(
        self,
        sender: int,
        receiver: int,
        port: int,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port, limit=CHUNK)
        except OSError:  # refused: so the caller sees its connection end
            writer.close()
            return
        round_trip = self._delay(sender, receiver) + self._delay(receiver, sender)
        opened = asyncio.get_running_loop().time() + round_trip
        try:
            await asyncio.gather(
                self._carry(sender, receiver, reader, far_writer, opened),
                self._carry(receiver, sender, far_reader, writer, opened),
            )
        except ConnectionError:  # one side is gone: so the other sees the end
            return
        finally:
            writer.close()
            far_writer.close()

    async def _carry(
        self,
        sender: int,
        receiver: int,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        opened: float,
    ) -> None:
        """Carry one direction of a connection to its end."""
        flight: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(IN_FLIGHT)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._collect(sender, receiver, reader, flight, opened))
            group.create_task(self._deliver(sender, receiver, flight, writer))

    async def _collect(
        self,
        sender: int,
        receiver: int,
        reader: asyncio.StreamReader,
        flight: asyncio.Queue[tuple[float, bytes]],
        opened: float,
    ) -> None:
        time = asyncio.get_running_loop().time
        data = b"first"
        while data:
            data = await reader.read(CHUNK)
            self.counts[sender].sent_bytes += len(data)
            ready = max(time(), opened)
            rate = self._links.rate_mbit[sender]
            if rate:
                start = max(ready, self._uplink_free[sender])
                ready = self._uplink_free[sender] = start + len(data) * 8e-6 / rate
            await flight.put((ready + self._delay(sender, receiver), data))

    async def _deliver(
        self,
        sender: int,
        receiver: int,
        flight: asyncio.Queue[tuple[float, bytes]],
        writer: asyncio.StreamWriter,
    ) -> None:
        time = asyncio.get_running_loop().time
        while True:
            due, data = await flight.get()
            await asyncio.sleep(due - time())
            while self._links.cut[sender][receiver]:
                await self._changed.wait()
            if not data:
                writer.write_eof()
                return
            writer.write(data)
            await writer.drain()
            self.counts[receiver].received_bytes += len(data)

    def _delay(self, sender: int, receiver: int) -> float:
        return self._links.delay_ms[sender][receiver] / 1e3


async def serve() -> None:
    """Obey standard input until it ends."""
    control = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(control)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    proxies: Proxies | None = None
    while line := await control.readline():
        message = json.loads(line)
        answer: dict[str, object] = {}
        if proxies is None:
            proxies = Proxies(Links.from_json(message["links"]))
        elif "links" in message:
            proxies.set_links(Links.from_json(message["links"]))
        elif "port" in message:
            answer["port"] = await proxies.port(**message)
        answer["counts"] = [asdict(one) for one in proxies.counts]
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    # Time-outs of select are in microseconds, those of epoll in milliseconds.
    with asyncio.Runner(
        loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector())
    ) as runner:
        runner.run(serve())
