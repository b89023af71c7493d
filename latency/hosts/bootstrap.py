"""The first program of a runner: it creates modules from the sources that it receives.

Nothing is written to the remote disk. Every message is one line that begins with a record separator
(as in RFC 7464), which distinguishes it from output of a login shell or an engine. Unlike the
modules, this file must run on any Python 3, to report one that is too old.
"""

import json
import sys
import types

MARK = "\x1e"
OLDEST = (3, 9)


def tell(kind: str, content: object) -> None:
    """Send one message to the process that started this one."""
    print(MARK + json.dumps([kind, content]), flush=True)


def start() -> None:
    """Read modules from standard input, as a list of (name, source), and run the last one."""
    tell("started", None)
    sources = json.loads(sys.stdin.buffer.readline().decode())
    if sys.version_info < OLDEST:
        tell("old python", ".".join(map(str, sys.version_info[:3])))
        return
    for name, source in sources:
        package = name.rpartition(".")[0]
        while package and package not in sys.modules:
            sys.modules[package] = types.ModuleType(package)
            sys.modules[package].__path__ = []
            package = package.rpartition(".")[0]
        module = sys.modules[name] = types.ModuleType(name)
        module.__package__ = name.rpartition(".")[0]
        exec(compile(source, name, "exec"), vars(module))
    vars(module)["main"]()
