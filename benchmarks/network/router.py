"""The router of an emulated network, a process of its own: ``python -m benchmarks.network.router``.

A star: every packet that a worker's TUN device gives out waits for the worker's uplink (if it has
a rate), may be lost or find its link cut, travels for the delay of its ordered pair, and is
written to the receiver's device. Packets of one pair stay in order, also when the delay changes.

It is spoken to in lines of JSON on standard input, and answers each on standard output. The first
line says what there is to carry; the router makes the namespaces, and answers with their names.
``{"links": ...}`` replaces the links and drops what is under way on those that are now cut; any
other line only asks for the counts. When the input ends, the namespaces and what runs in them go
away: so they do when the owner is killed.

The uplink's queue holds ``queue_ms`` of traffic; what finds it full is dropped, as in a modem.
Waiting is done in ``select``, whose time-outs are in microseconds (those of ``epoll`` are in
milliseconds), with the least timer slack and, where permitted, at real-time priority: a router
must not wait for a processor that the workers keep busy.
"""

import gc
import heapq
import json
import os
import random
import select
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Any

from benchmarks.network import namespaces
from benchmarks.network.links import Links

BATCH = 64
"""Packets read from one device before the others have their turn."""
LARGEST = 65_536
IDLE = 3600.0


@dataclass
class Count:
    """What the router saw of one worker: bytes and packets of IP, and why packets were dropped."""

    sent_bytes: int = 0
    sent_packets: int = 0
    received_bytes: int = 0
    received_packets: int = 0
    lost: int = 0
    cut: int = 0
    overflowed: int = 0
    refused: int = 0


class Router:
    """Carries packets between devices.

    ``devices``: descriptors of the TUN devices, one a worker. ``seed``: of the losses.
    """

    def __init__(self, devices: list[int], links: Links, queue_ms: float, seed: int) -> None:
        self.devices = devices
        self.queue_seconds = queue_ms / 1e3
        self.random = random.Random(seed)
        self.counts = [Count() for _ in devices]
        self._flight: list[tuple[float, int, int, int, bytes]] = []
        self._order = count()
        self._workers = {socket.inet_aton(namespaces.address(i)): i for i in range(len(devices))}
        self._uplink_free = [0.0] * len(devices)
        self._last_due = [[0.0] * len(devices) for _ in devices]
        self.set_links(links)

    def set_links(self, links: Links) -> None:
        """Change the links; what is under way where they are cut is lost."""
        self.links = links
        self._delays = [[ms / 1e3 for ms in row] for row in links.delay_ms]
        self._byte_seconds = [8e-6 / rate if rate else 0.0 for rate in links.rate_mbit]
        kept = []
        for packet in self._flight:
            if links.cut[packet[2]][packet[3]]:
                self.counts[packet[2]].cut += 1
            else:
                kept.append(packet)
        heapq.heapify(kept)
        self._flight = kept

    def deliver(self) -> float:
        """Write what is due; return how many seconds it is to the next packet."""
        flight = self._flight
        now = monotonic()
        while flight and flight[0][0] <= now:
            _, _, sender, receiver, packet = heapq.heappop(flight)
            try:
                os.write(self.devices[receiver], packet)
            except OSError:
                self.counts[sender].refused += 1
                continue
            received = self.counts[receiver]
            received.received_bytes += len(packet)
            received.received_packets += 1
        return max(0.0, flight[0][0] - monotonic()) if flight else IDLE

    def collect(self, sender: int) -> None:
        """Read a batch from a worker's device and send it on its way."""
        device, counted = self.devices[sender], self.counts[sender]
        delays, losses, cuts = self._delays[sender], self.links.loss[sender], self.links.cut[sender]
        last_due, byte_seconds = self._last_due[sender], self._byte_seconds[sender]
        for _ in range(BATCH):
            try:
                packet = os.read(device, LARGEST)
            except BlockingIOError:
                return
            now = monotonic()
            counted.sent_packets += 1
            counted.sent_bytes += len(packet)
            receiver = self._workers.get(packet[16:20])
            if receiver is None:
                counted.refused += 1
                continue
            if byte_seconds:
                start = max(now, self._uplink_free[sender])
                if start - now > self.queue_seconds:
                    counted.overflowed += 1
                    continue
                now = self._uplink_free[sender] = start + len(packet) * byte_seconds
            if cuts[receiver]:
                counted.cut += 1
                continue
            if losses[receiver] and self.random.random() < losses[receiver]:
                counted.lost += 1
                continue
            due = last_due[receiver] = max(now + delays[receiver], last_due[receiver])
            heapq.heappush(self._flight, (due, next(self._order), sender, receiver, packet))

    def run(self, control: int) -> Iterator[dict[str, Any]]:
        """Carry packets; yield the messages from ``control`` until it ends."""
        senders = {device: worker for worker, device in enumerate(self.devices)}
        watched = [control, *self.devices]
        pending = b""
        while True:
            readable, _, _ = select.select(watched, [], [], self.deliver())
            for descriptor in readable:
                if descriptor != control:
                    self.collect(senders[descriptor])
                    continue
                read = os.read(control, LARGEST)
                if not read:
                    return
                *lines, pending = (pending + read).split(b"\n")
                yield from map(json.loads, lines)


def main() -> None:
    """Make the network that the first line of the input asks for, and carry its packets."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # Read without a buffer: the lines after the first are the router's.
    setting = json.loads(b"".join(iter(lambda: _byte(0), b"\n")))
    links = Links.from_json(setting["links"])
    namespaces.remove_stale()
    names = namespaces.names(links.workers)
    try:
        controls = [namespaces.create(name, i, setting["mtu"]) for i, name in enumerate(names)]
        devices = [namespaces.attach(name) for name in names]
        router = Router(devices, links, setting["queue_ms"], setting["seed"])
        made = {"namespaces": names, "congestion_control": controls[0], "real_time": _hurry()}
        _answer(made)
        for message in router.run(0):
            if "links" in message:
                router.set_links(Links.from_json(message["links"]))
            _answer({"counts": [asdict(one) for one in router.counts]})
    finally:
        for name in names:
            namespaces.remove(name)


def _hurry() -> bool:
    """Ask for punctual wake-ups; return whether at real-time priority."""
    gc.disable()  # nothing here refers to itself
    Path("/proc/self/timerslack_ns").write_text("1")
    try:
        os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    except PermissionError:
        return False
    return True


def _byte(control: int) -> bytes:
    read = os.read(control, 1)
    if not read:
        sys.exit(0)
    return read


def _answer(message: dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    main()
