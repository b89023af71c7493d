"""Probes between two workers of a network, as seen from outside."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from benchmarks.network.emulation import Emulation

_PROBE = [sys.executable, str(Path(__file__).with_name("probe.py"))]
_PORTS = count(20_000)


@dataclass(frozen=True)
class Transfer:
    """What one TCP connection brought: bytes, their SHA-256, and the seconds it was open."""

    bytes: int
    sha256: str
    seconds: float


def listen(network: Emulation, worker: int, what: str) -> tuple[subprocess.Popen[str], int]:
    """Start ``echo`` or ``sink`` in a worker; returns its process and port when it is ready."""
    port = next(_PORTS)
    process = network.start(worker, [*_PROBE, what, str(port)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    return process, port


def pings(
    network: Emulation, sender: int, receiver: int, port: int, tries: int, seconds: float = 2.0
) -> list[float | None]:
    """Return round trips to an ``echo`` in ms, None for those that took longer than ``seconds``."""
    host = network.address(receiver)
    command = [*_PROBE, "ping", host, str(port), str(tries), str(seconds)]
    process = network.start(sender, command, stdout=subprocess.PIPE)
    found: list[float | None] = json.loads(process.communicate()[0])
    return found


def pouring(
    network: Emulation, sender: int, receiver: int, size: int, options: Sequence[str] = ()
) -> subprocess.Popen[str]:
    """Start a transfer of ``size`` bytes; ``finished`` waits for it."""
    sink, port = listen(network, receiver, "sink")
    host, dialled = network.endpoint(receiver, port, sender)
    network.start(sender, [*_PROBE, "pour", host, str(dialled), str(size), *options])
    return sink


def finished(sink: subprocess.Popen[str]) -> Transfer:
    """Return what a transfer has brought."""
    return Transfer(**json.loads(sink.communicate()[0]))


def transfer(network: Emulation, sender: int, receiver: int, size: int) -> Transfer:
    """Bring ``size`` bytes from one worker to another as fast as it goes."""
    return finished(pouring(network, sender, receiver, size))
