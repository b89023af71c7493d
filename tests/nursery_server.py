"""Starts Python programs as forks of a process that has imported everything already.

Starting Python with PyTorch and the engines takes seconds of a processor, and tests start it often.
What is forked here is a process of its own, with its own streams, folder, environment and status,
that can be killed like any other; only its imports are not its own.

``python nursery_server.py DESCRIPTOR`` accepts what connects to a socket of this number, which
listens already, until its standard input ends. A connection brings three streams and a line of
JSON (``arguments`` as ``python`` takes them, ``folder``, ``environment``), and is told the process
and, when that has ended, its status, a line each.
"""

import atexit
import gc
import importlib
import importlib.util
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import sys
import threading
import traceback
import types
from contextlib import suppress
from pathlib import Path
from typing import Any

OURS = ("search_spaces", "latency", "proxyless")
ENGINES = (
    "ai_edge_litert.interpreter", "ai_edge_quantizer", "datasets", "matplotlib.pyplot", "onnx",
    "scipy.optimize", "sklearn.datasets", "torch._dynamo", "torch.distributed.run",
    "torch.utils.tensorboard",
)  # fmt: skip
"""What our modules, or PyTorch, import once they need it; what is not installed is left out.

Not onnxruntime: it starts a thread, for which a fork, which has no others, waits at its end.
"""


def main() -> None:
    """Prepare, and start programs; in each of the forks, be the program."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the programs
    with socket.socket(fileno=int(sys.argv[1])) as listener:
        request = serve(listener)
    if request is not None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        end(status_of(request))


def prepare(python: Path) -> None:
    """Import what programs will need; what times modules for them is forked by ``python``."""
    for name in ENGINES:
        if importlib.util.find_spec(name.partition(".")[0]):
            importlib.import_module(name)
    for package in map(importlib.import_module, OURS):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    threads = Path("/proc/self/task")
    assert not threads.exists() or len(list(threads.iterdir())) == 1, "forks would lack the others"
    worker = importlib.import_module("latency.hosts.local")
    vars(worker)["WORKER"] = (str(python), *vars(worker)["WORKER"][1:])
    gc.freeze()  # or its first collection would copy everything


def serve(listener: socket.socket) -> dict[str, Any] | None:
    """Fork for each connection; return in a fork what it is to do, and None when all is done."""
    keepers: set[int] = set()
    while True:
        readable, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in readable:
            return None
        if not keepers:
            prepare(
                Path(listener.getsockname()).with_name("python")
            )  # who connects meanwhile waits
        connection, _ = listener.accept()
        with connection:
            if (keeper := os.fork()) == 0:
                return keep(connection)
        keepers = {one for one in keepers if os.waitpid(one, os.WNOHANG)[0] == 0} | {keeper}


def keep(connection: socket.socket) -> dict[str, Any]:
    """Fork the program and tell its process and its status; return only in the program."""
    received, streams, _, _ = socket.recv_fds(connection, 65536, 3)
    while not received.endswith(b"\n"):
        received += connection.recv(65536)
    if (process := os.fork()) == 0:
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
    for stream in streams:
        os.close(stream)
    if process == 0:
        request: dict[str, Any] = json.loads(received)
        return request
    connection.sendall(f"{process}\n".encode())
    _, status = os.waitpid(process, 0)
    with suppress(BrokenPipeError):  # who asked may have gone
        connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def become(arguments: list[str], folder: str, environment: dict[str, str]) -> None:
    """Do what ``python`` does with such arguments."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    what, *rest = arguments
    if what == "-m":
        sys.argv, sys.path[0] = rest, folder
        sys.modules.pop(rest[0], None)  # it is run, not imported
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif what in ("-c", "-"):
        code = rest.pop(0) if what == "-c" else sys.stdin.read()
        sys.argv, sys.path[0] = [what, *rest], ""
        sys.modules["__main__"] = types.ModuleType("__main__")
        exec(compile(code, "<string>", "exec"), vars(sys.modules["__main__"]))
    else:
        sys.argv, sys.path[0] = arguments, os.path.dirname(what)
        runpy.run_path(what, run_name="__main__")


def status_of(request: dict[str, Any]) -> int:
    """Be the program, and return the status it ends with, as Python itself would find it."""
    try:
        become(**request)
    except SystemExit as left:
        if left.code is None or isinstance(left.code, int):
            return left.code or 0
        print(left.code, file=sys.stderr)
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def end(status: int) -> None:
    """End as Python does, except that modules are not taken apart: it would copy them all first."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
