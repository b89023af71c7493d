"""Stands in for ``ssh`` and a board that lies: what it says is the mode in the file beside it."""

import json
import sys
import time
from pathlib import Path

MARK = "\x1e"
DEVICE = {
    "name": "Board",
    "cores": 4,
    "machine": "aarch64",
    "system": "Linux 6",
    "memory_bytes": 1 << 30,
}
FACTS = {"device": DEVICE, "version": "1.0", "libraries": {"python": "3.9"}}
mode, _, argument = (Path(__file__).parent / "mode").read_text().partition("=")
data = sys.stdin.buffer


def write(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


def tell(kind: object, content: object) -> None:
    write(MARK.encode() + json.dumps([kind, content]).encode() + b"\n")


def endless(stream: object, text: str) -> None:
    try:
        while True:
            print(text, end="", file=stream)  # type: ignore[call-overload]
    except BrokenPipeError:
        pass


def job() -> dict:  # type: ignore[type-arg]
    data.read(int(data.readline()))
    data.readline()
    request = json.loads(data.readline())
    for _ in range(request.get("models", 0)):
        _, length = json.loads(data.readline())
        data.read(length)
    return request  # type: ignore[no-any-return]


def measured(process: int, number: int, program: str) -> dict:  # type: ignore[type-arg]
    return {
        "program": program,
        "process": process,
        "round": number,
        "minimum_ms": 1.0,
        "median_ms": 1.1,
        "cpu_ms": 1.0,
        "calls": 8,
        "switches": 0,
        "measured_at": "2030-01-01T00:00:00+00:00",
    }


def describe(facts: object = FACTS) -> None:
    tell("started", None)
    tell("facts", facts)
    tell("finished", None)


def carry_out(request: dict, changed: dict, after: int = 0) -> None:  # type: ignore[type-arg]
    """Measure as asked; from measurement ``after`` on, with other values."""
    tell("started", None)
    for count, (number, program) in enumerate(request["measurements"]):
        content = measured(request["process"], number, program)
        if count >= after:
            content.update(changed)
            content = {key: value for key, value in content.items() if value != "LEFT OUT"}
        tell("measurement", content)
    tell("finished", None)


match mode:
    case "line":  # one line after the mark, as it is
        write(MARK.encode() + argument.encode("latin-1") + b"\n")
    case "raw":
        write(argument.encode("latin-1"))
    case "says":  # messages, as a list of pairs
        for kind, content in json.loads(argument):
            tell(kind, content)
    case "facts":
        describe(json.loads(argument))
    case "status":
        print("ssh: Could not resolve", file=sys.stderr)
        sys.exit(int(argument))
    case "endless":
        endless(sys.stdout, "x" * 65536)
    case "endless lines":
        endless(sys.stdout, "hello\n" * 1000)
    case "endless errors":
        sys.stderr.writelines(["e" * 65536 + "\n"] * 2000)
        sys.exit(1)
    case "endless messages":
        tell("started", None)
        while True:
            tell("facts", FACTS)
    case "silent":
        time.sleep(3600)
    case "silent later":
        tell("started", None)
        time.sleep(3600)
    case "a word a second":
        while True:
            write(b"wait\n")
            time.sleep(0.05)
    case "deaf":  # it has finished, and does not end
        describe()
        time.sleep(3600)
    case "measures" | "measures after":
        request = job()
        if "describe" in request:
            describe()
        else:
            changed = json.loads(argument)
            carry_out(request, changed, 3 if mode == "measures after" else 0)
    case "measures and on":
        request = job()
        if "describe" in request:
            describe()
        else:
            tell("started", None)
            first = measured(request["process"], *request["measurements"][0])
            while True:
                tell("measurement", first)
    case "answers a plan":
        request = job()
        if "describe" in request:
            describe()
        else:
            for kind, content in json.loads(argument):
                tell(kind, content)
