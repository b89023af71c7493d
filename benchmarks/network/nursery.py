"""Workers' processes that start at once: forks of one that has imported everything already.

Starting Python with PyTorch takes seconds of a processor. Where workers share two of them, one that
starts again would be measured by that, and would take as much from those that it comes back to. A
module may have more to do beforehand, in ``prepare()``.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import TextIO

from benchmarks.network import namespaces
from benchmarks.network.network import Network


class Nursery:
    """Starts the functions ``main`` of ``modules`` in the namespaces of a network.

    Their processes write to ``stderr``, and end with the network.
    """

    def __init__(self, network: Network, modules: Sequence[str], stderr: TextIO) -> None:
        self.network = network
        command = [sys.executable, "-m", "benchmarks.network.nursery", *modules]
        # Any worker's place would do: what is forked moves to its own.
        self._process = network.start(
            0, command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr
        )

    def start(self, worker: int, module: str, *arguments: object) -> int:
        """Call a module's ``main`` in the place of a worker; return its process, which leads a
        group. ``arguments`` are what JSON can say.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        line = [self.network.namespaces[worker], module, arguments]
        print(json.dumps(line), file=stdin, flush=True)
        return int(stdout.readline())


def is_alive(process: int) -> bool:
    """Return whether a process that a nursery started has not ended yet."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def _tend(modules: Mapping[str, ModuleType]) -> None:
    """Fork for each line that comes, until no more do, or what a fork was to do is done."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    for line in sys.stdin:
        namespace, name, arguments = json.loads(line)
        if (process := os.fork()) == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.setsid()
            os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
            namespaces.enter(namespace)
            modules[name].main(*arguments)
            return
        print(process, flush=True)


if __name__ == "__main__":
    imported = {name: importlib.import_module(name) for name in sys.argv[1:]}
    for module in imported.values():
        getattr(module, "prepare", lambda: None)()
    _tend(imported)
