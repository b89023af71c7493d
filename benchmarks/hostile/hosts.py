"""Answers of boards over SSH and of phones over ADB, by stand-ins for the programs."""

import math
import os
import random
from pathlib import Path

from benchmarks.hostile.mutation import NASTY_TEXTS, as_json, mutated_bytes, mutated_plain
from benchmarks.hostile.trial import WronglyAcceptedError, proxyless
from latency import Table
from latency.hosts.bootstrap import MARK

BOARD = """#!/bin/sh
n=$(cat calls 2>/dev/null || echo 0); echo $((n + 1)) > calls
cat "answer$n" 2>/dev/null || cat answer1
"""
PHONE = """#!/bin/sh
case "$*" in
  devices) cat devices ;;
  *getprop*) cat getprop ;;
  *present*) cat present ;;
  *meminfo*) cat meminfo ;;
  *sha256sum*) cat digest ;;
  *benchmark_model*) cat run ;;
esac
"""
FACTS = {
    "device": {"name": "board", "cores": 4, "machine": "aarch64", "system": "Linux 6",
               "memory_bytes": 1 << 30},
    "version": "1.0",
    "libraries": {"python": "3.11"},
}  # fmt: skip
MEASUREMENT = {
    "program": "x", "process": 0, "round": 0, "minimum_ms": 1.0, "median_ms": 1.1, "cpu_ms": 1.0,
    "calls": 8, "switches": 0, "measured_at": "2026-01-01T00:00:00+00:00",
}  # fmt: skip
ANSWERS = {
    "devices": "List of devices attached\nS1\tdevice\n",
    "getprop": "[ro.product.manufacturer]: [M]\n[ro.product.model]: [P]\n"
    "[ro.product.cpu.abi]: [arm64]\n[ro.build.version.release]: [14]\n",
    "present": "0-3\n",
    "meminfo": "MemTotal: 1000 kB\n",
    "digest": "abcdef0123456789  benchmark_model\n",
    "run": "INFO: count=2 first=5 curr=5 min=5 max=5 avg=5 std=0\n"
    "INFO: count=8 first=10 curr=10 min=9 max=12 avg=10 std=1 p5=1 median=10 p95=3\n"
    "User time (s): 0.01\nSystem time (s): 0.01\nInvoluntary context switches: 0\n",
}


def board(folder: Path, kept: Path, generator: random.Random) -> str:
    """Make a board that describes itself, or measures, wrongly."""
    _program(folder, "ssh", BOARD)
    (folder / "space.toml").write_bytes((kept / "space.toml").read_bytes())
    described = _messages([["started", None], ["facts", FACTS], ["finished", None]])
    measured: list[object] = [["started", None], ["measurement", MEASUREMENT], ["finished", None]]
    target = generator.choice(("facts", "measurement"))
    messages: list[object] = (
        [["started", None], ["facts", FACTS], ["finished", None]] if target == "facts" else measured
    )
    if generator.random() < 0.2:
        content, description = mutated_bytes(_messages(messages), generator)
    else:
        changed, description = mutated_plain(messages, generator)
        content = _messages(changed if isinstance(changed, list) else [changed])
    (folder / "answer0").write_bytes(content if target == "facts" else described)
    (folder / "answer1").write_bytes(content)
    return f"{target}: {description}"


def profile_board() -> None:
    """Profile it; what is in the table then is finite and not below 0."""
    os.environ["PATH"] = f"{Path().absolute()}:{os.environ['PATH']}"
    proxyless("profile", "--space", "space.toml", "--table", "t.db", "--processes", "1",
              "--rounds", "1", "--host", "ssh://me@board")  # fmt: skip
    _check(Path("t.db"))


def honest_phone(folder: Path, kept: Path) -> None:
    """Make a phone that answers as phones do."""
    _program(folder, "adb", PHONE)
    (folder / "space.toml").write_bytes((kept / "space.toml").read_bytes())
    for name, text in ANSWERS.items():
        (folder / name).write_text(text)


def phone(folder: Path, kept: Path, generator: random.Random) -> str:
    """Make a phone one of whose answers is wrong."""
    honest_phone(folder, kept)
    name = generator.choice(list(ANSWERS))
    content, description = _wrong_answer(ANSWERS[name], generator)
    (folder / name).write_bytes(content)
    return f"{name}: {description}"


def profile_phone() -> None:
    """Profile it; what is in the table then is finite and not below 0."""
    os.environ["PATH"] = f"{Path().absolute()}:{os.environ['PATH']}"
    try:
        proxyless("profile", "--space", "space.toml", "--table", "t.db", "--processes", "1",
                  "--rounds", "1", "--host", "adb://S1", "--runtime", "litert",
                  "--benchmark-model", "/data/local/tmp/benchmark_model")  # fmt: skip
    finally:
        if Path("t.db").exists():
            _check(Path("t.db"))


def _check(path: Path) -> None:
    with Table.open(path) as table:
        for info in table.profiles():
            for entry in table.measurements(info.id):
                if not 0 <= entry.minimum_ms <= entry.median_ms < math.inf:
                    raise WronglyAcceptedError(f"the table holds {entry}")


def _wrong_answer(text: str, generator: random.Random) -> tuple[bytes, str]:
    change = generator.choice(("bytes", "nasty", "number"))
    if change == "bytes":
        return mutated_bytes(text.encode(), generator)
    if change == "nasty":
        nasty = generator.choice(NASTY_TEXTS)
        return nasty.encode("utf-8", "surrogatepass"), repr(nasty[:30])
    digits = [place for place, character in enumerate(text) if character.isdigit()]
    if not digits:
        return b"", "empty"
    place = generator.choice(digits)
    value = generator.choice(("-1", "nan", "1e308", "9" * 50, "abc", ""))
    return (text[:place] + value + text[place + 1 :]).encode(), f"{value[:20]!r} at {place}"


def _messages(messages: list[object]) -> bytes:
    return b"".join(MARK.encode() + as_json(message) + b"\n" for message in messages)


def _program(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)
