"""Runs of several workers, each a process that torchrun started."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from nursery import Forked, Nursery

ONE_MACHINE = ("--standalone", "--nproc-per-node", "2")
TIMEOUT = 240
FORKED_WORKER = Path(__file__).with_name("forked_worker.py")


class Node:
    """One torchrun with its workers, and what they print.

    In a ``nursery`` it and its workers start at once; without, it is the command as users give it.
    """

    def __init__(
        self,
        output: Path,
        options: tuple[str, ...],
        *arguments: object,
        nursery: Nursery | None = None,
    ) -> None:
        command = ["-m", "torch.distributed.run", *options]
        self.output = output
        self.process: Forked | subprocess.Popen[bytes]
        with output.open("w") as file:
            if nursery:
                command += ["--start-method", "fork", "--run-path", str(FORKED_WORKER)]
                self.process = nursery.start(*command, *arguments, output=file, errors=file)
            else:
                command = [sys.executable, *command, "-m", "proxyless", *map(str, arguments)]
                self.process = subprocess.Popen(command, stdout=file, stderr=file)

    def workers(self) -> list[psutil.Process]:
        """Return the workers that are alive."""
        return psutil.Process(self.process.pid).children()

    def wait(self) -> None:
        """Wait until it has ended well."""
        assert self.process.wait(TIMEOUT) == 0, self.output.read_text()

    def wait_until(self, reached: Callable[[], bool]) -> None:
        """Wait for something that must come before the end."""
        while not reached():
            assert self.process.poll() is None, self.output.read_text()
            time.sleep(0.002)

    def kill(self) -> None:
        """Let torchrun and its workers be gone, all at once, if they are not."""
        if self.process.poll() is None:
            workers = self.workers()
            self.process.kill()
            for worker in workers:
                worker.kill()
            psutil.wait_procs(workers)
            assert self.process.wait() == -signal.SIGKILL


def run_workers(output: Path, *arguments: object, nursery: Nursery | None = None) -> None:
    """Let two workers of one machine do what ``proxyless`` is told."""
    node = Node(output, ONE_MACHINE, *arguments, nursery=nursery)
    try:
        node.wait()
    finally:
        node.kill()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
