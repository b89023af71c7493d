"""SIGKILL at random moments: search and profile, killed and continued, against undisturbed ones.

A search must end with the same architecture, supernet weights and log (times aside); a profile
must end with the same measurements made, each once. ``--quick`` kills each once, else ten times.
"""

import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from benchmarks.harness import Figures, Rows, main
from latency import Table, load_predictor
from proxyless.runs.checkpoint import load_checkpoint
from search_spaces import load_space

PROFILE = ["profile", "--space", "tiny"]
SEARCH = [
    "search",
    "--data",
    "digits",
    "--space",
    "tiny",
    "--compute",
    "cpu",
    "--warmup-epochs",
    "1",
]
SEARCH += ["--interval", "2", "--checkpoint-seconds", "0.5"]


WINDOW = (0.25, 0.45)
"""When to kill, as shares of the time an undisturbed command takes."""


def measure(quick: bool) -> tuple[Figures, Rows]:
    """Kill and compare."""
    kills = 1 if quick else 10
    processes = 2 if quick else 3
    profile = [*PROFILE, "--processes", str(processes)]
    generator = random.Random(0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = folder / "table.db"
        profile_seconds = run([*profile, "--table", str(table)])
        low, high = load_predictor(table).bounds(load_space("tiny"))
        search = [
            *SEARCH,
            "--epochs",
            "2" if quick else "3",
            "--table",
            str(table),
            "--target-ms",
            str((low + high) / 2),
        ]
        search_seconds = run([*search, "--out", str(folder / "undisturbed")])

        killed_table = folder / "killed.db"
        profile_kills = disturb(
            [*profile, "--table", str(killed_table)], profile_seconds, kills, generator
        )
        search_kills = disturb(
            [*search, "--out", str(folder / "killed")], search_seconds, kills, generator
        )
        figures = {
            "profile_kills": profile_kills,
            "profile_identical": float(same_measurements(table, killed_table, processes)),
            "search_kills": search_kills,
            "search_identical": float(same_search(folder / "undisturbed", folder / "killed")),
        }
    return figures, [{"profile_seconds": profile_seconds, "search_seconds": search_seconds}]


def run(arguments: list[str]) -> float:
    """Run the command line to its end; return the seconds it took."""
    start = time.monotonic()
    subprocess.run([sys.executable, "-m", "proxyless", *arguments], check=True, capture_output=True)
    return time.monotonic() - start


def disturb(arguments: list[str], seconds: float, kills: int, generator: random.Random) -> int:
    """Start the command again and again, killing it at random moments; then let it end.

    Moments are drawn so that the work is not done before the last kill: a start takes seconds.

    Returns how many times it was killed while at work.
    """
    killed = 0
    for _ in range(3 * kills):
        if killed == kills:
            break
        process = subprocess.Popen(
            [sys.executable, "-m", "proxyless", *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(generator.uniform(*WINDOW) * seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
    run(arguments)
    return killed


def same_measurements(one: Path, other: Path, processes: int) -> bool:
    """Whether two tables hold the same measurements of so many processes, apart from the times.

    Extra processes that replaced slow ones depend on the machine's mood and are left out.
    """

    def made(path: Path) -> list[tuple[Any, ...]]:
        with Table.open(path) as table:
            (info,) = table.profiles()
            return sorted(
                (measurement.program, measurement.process, measurement.round)
                for measurement in table.measurements(info.id)
                if measurement.process < processes
            )

    return made(one) == made(other)


def same_search(one: Path, other: Path) -> bool:
    """Whether two runs have the same architecture, log and checkpoint, bit for bit."""
    texts = [(run / "architecture.json").read_text().replace(run.name, "") for run in (one, other)]
    logs = [_log(run) for run in (one, other)]
    states = [load_checkpoint(run / "search" / "checkpoint.pt") for run in (one, other)]
    for state in states:
        del state["log_length"], state["log_digest"]
    return texts[0] == texts[1] and logs[0] == logs[1] and identical(*states)


def identical(one: Any, other: Any) -> bool:
    """Whether two nested states are equal, tensors bit for bit."""
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(identical(one[k], other[k]) for k in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(identical, one, other))
    return bool(one == other)


def _log(run: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in (run / "search" / "log.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if k != "seconds"} for line in lines]


if __name__ == "__main__":
    main("kill_resume", measure)
