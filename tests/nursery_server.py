"""Starts Python programs as forks of a process with all imports done.

Starting Python with PyTorch and the engines takes seconds, and tests do it often. A fork is a
process with its own streams, folder, environment and status that can be killed like any other; only
its imports are inherited.

``python nursery_server.py DESCRIPTOR`` accepts connections to the listening socket with this file
descriptor until its standard input ends. A client sends three streams and a line of JSON
(``arguments`` of ``python``, ``folder``, ``environment``), and receives a line with the process id
and, after its end, a line with its status.
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
"""Modules that are imported inside functions; those that are not installed are skipped.

Not onnxruntime: it starts a thread that a fork does not have but would wait for at its end.
"""


def main() -> None:
    """Start programs; in a fork, run the program."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the programs
    with socket.socket(fileno=int(sys.argv[1])) as listener:
        request = serve(listener)
    if request is not None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        end(status_of(request))


def prepare(python: Path) -> None:
    """Import what programs need; their worker processes are started by ``python`` as well."""
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
    gc.freeze()  # otherwise the first collection would copy all memory pages


def serve(listener: socket.socket) -> dict[str, Any] | None:
    """Fork for each connection; return the request in a fork, and None at the end."""
    keepers: set[int] = set()
    while True:
        readable, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in readable:
            return None
        if not keepers:
            prepare(
                Path(listener.getsockname()).with_name("python")
            )  # clients that connect meanwhile wait
        connection, _ = listener.accept()
        with connection:
            if (keeper := os.fork()) == 0:
                return keep(connection)
        keepers = {pid for pid in keepers if os.waitpid(pid, os.WNOHANG)[0] == 0} | {keeper}


def keep(connection: socket.socket) -> dict[str, Any]:
    """Fork the program and send its process id and its status; return only in the program."""
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
    with suppress(BrokenPipeError):  # the client may have gone
        connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def become(arguments: list[str], folder: str, environment: dict[str, str]) -> None:
    """Run the program as ``python`` does with these arguments."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    mode, *remaining = arguments
    if mode == "-m":
        sys.argv, sys.path[0] = remaining, folder
        sys.modules.pop(remaining[0], None)  # so that it is run again, not imported
        runpy.run_module(remaining[0], run_name="__main__", alter_sys=True)
    elif mode in ("-c", "-"):
        code = remaining.pop(0) if mode == "-c" else sys.stdin.read()
        sys.argv, sys.path[0] = [mode, *remaining], ""
        sys.modules["__main__"] = types.ModuleType("__main__")
        exec(compile(code, "<string>", "exec"), vars(sys.modules["__main__"]))
    else:
        sys.argv, sys.path[0] = arguments, os.path.dirname(mode)
        runpy.run_path(mode, run_name="__main__")


def status_of(request: dict[str, Any]) -> int:
    """Run the program, and return its exit status as Python would."""
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
    """Exit as Python does, but without clearing modules, which would copy their memory."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
