"""What every emulated network offers its benchmark: workers' processes, and links that change.

Two are there: ``Network`` in ``network.py`` carries packets between namespaces, ``ProxiedNetwork``
in ``proxied_network.py`` carries what is sent through connections it was asked for.
"""

import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Self

from benchmarks.network.carrier import Carrier
from benchmarks.network.links import Links

GRACE_SECONDS = 2.0
"""How long processes have between SIGTERM and SIGKILL at the end."""


class Emulation(ABC):
    """A network between workers 0, 1, ...; a context manager, closed with all that it started.

    ``kind``: what it is, for reports. ``interface``: what workers bind to.
    """

    kind: str
    interface: str

    def __init__(self, links: Links, carrier: Carrier) -> None:
        self.links = links
        self.workers = links.workers
        self.processes: list[subprocess.Popen[str]] = []
        self._carrier = carrier
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @abstractmethod
    def address(self, worker: int) -> str:
        """Return the address a worker listens at."""

    @abstractmethod
    def endpoint(self, receiver: int, port: int, sender: int) -> tuple[str, int]:
        """Return host and port at which ``sender`` reaches a port of ``receiver``."""

    @abstractmethod
    def bytes(self, worker: int) -> tuple[int, int]:
        """Return the bytes a worker has sent and received so far."""

    def start(
        self,
        worker: int,
        arguments: Sequence[str],
        env: Mapping[str, str] | None = None,
        **options: Any,
    ) -> subprocess.Popen[str]:
        """Start a process of a worker; it and its children are ended with the network.

        ``env`` is added to this process's environment, in which ``GLOO_SOCKET_IFNAME`` is the
        network's interface. ``options`` are those of ``subprocess.Popen``; streams are of text.
        The process leads a group: ``os.killpg(process.pid, ...)`` reaches all of it.
        """
        self.links.check(worker)
        process = subprocess.Popen(
            [*self._prefix(worker), *arguments],
            env={**os.environ, "GLOO_SOCKET_IFNAME": self.interface, **(env or {})},
            start_new_session=True,
            **{"text": True, **options},
        )
        self.processes.append(process)
        return process

    def cut(self, one: int, other: int | None = None) -> None:
        """Let nothing pass between two workers, or between one and all others.

        Nobody is told: what is sent vanishes, as does what is under way.
        """
        self._set_cut(1, one, other)

    def heal(self, one: int | None = None, other: int | None = None) -> None:
        """Undo cuts between two workers, between one and all others, or everywhere."""
        self._set_cut(0, one, other)

    def set_delay(
        self, milliseconds: float, sender: int | None = None, receiver: int | None = None
    ) -> None:
        """Change the one-way delay of an ordered pair; None stands for every worker."""
        self._set(self.links.change("delay_ms", milliseconds, sender, receiver))

    def set_loss(
        self, probability: float, sender: int | None = None, receiver: int | None = None
    ) -> None:
        """Change the loss of an ordered pair; None stands for every worker."""
        self._set(self.links.change("loss", probability, sender, receiver))

    def set_rate(self, mbit: float | None, worker: int | None = None) -> None:
        """Change what a worker, or each, can send, in Mbit/s; None is no limit."""
        self._set(self.links.change_rate(mbit, worker))

    @property
    def carrier_pid(self) -> int:
        """The process that carries the traffic."""
        return self._carrier.pid

    def counts(self) -> list[dict[str, int]]:
        """Return what the carrying process has counted of each worker."""
        counts: list[dict[str, int]] = self._carrier.ask({})["counts"]
        return counts

    def close(self) -> None:
        """End the processes, then the network; it may have been closed."""
        if self._closed:
            return
        self._closed = True
        try:
            self._end_processes()
        finally:
            self._carrier.close()

    def _prefix(self, worker: int) -> list[str]:
        return []

    def _set(self, links: Links) -> None:
        self._carrier.ask({"links": asdict(links)})
        self.links = links

    def _set_cut(self, cut: int, one: int | None, other: int | None) -> None:
        there = self.links.change("cut", cut, one, other)
        self._set(there.change("cut", cut, other, one))

    def _end_processes(self) -> None:
        for process in self.processes:
            _signal(process, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for process in self.processes:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                continue
        for process in self.processes:
            _signal(process, signal.SIGKILL)
            process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    stream.close()


def _signal(process: subprocess.Popen[str], number: int) -> None:
    """Send a signal to a process's group, which may be gone."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
