"""Faults at random during a delayed search: SIGKILL, SIGSTOP, cut links, restarts.

Four workers, 20 ms one way, each writes down the digest of its base after every commit. After each
fault the others must go on within the timeout and two seconds; then the fault is undone and the
worker must come back. In the end all commits of a round, and all bases, must be the same. The store
is on a machine of its own: losing that stops everyone until it is back. Half of the faults meet
direct exchanges, the others rings; in quick mode all meet direct ones, with a shorter timeout.
"""

import json
import os
import random
import signal
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.chaos_worker import Task
from benchmarks.harness import Figures, Rows, main
from benchmarks.network.network import Network, open_network
from benchmarks.network.nursery import Nursery, is_alive
from benchmarks.wan_worker import PORT

WORKERS = 4
STORE = WORKERS
"""The place of the store in the network, after the workers."""
WORKER_MODULE, STORE_MODULE = "benchmarks.chaos_worker", "benchmarks.wan_store"
DELAY_MS = 20.0
TIMEOUT, QUICK_TIMEOUT = 3.0, 1.5
FAULTS = ("kill", "cut link", "stop", "cut")
LAST_ROUNDS = 10
"""Rounds from when the end is made known: more than any worker is ahead of what others know."""
PATIENCE = 60.0
"""Seconds after which a worker that has not gone on, or come back, counts as hung."""


@dataclass(frozen=True)
class Fault:
    """What happens to a worker, or to the link between it and another."""

    kind: str
    worker: int
    other: int

    @property
    def away(self) -> set[int]:
        """Those of whom one has to go."""
        return {self.worker, self.other} if self.kind == "cut link" else {self.worker}


class Crew:
    """The workers, their processes and what they wrote."""

    def __init__(self, network: Network, folder: Path, transport: str, timeout: float) -> None:
        self.network, self.folder = network, folder
        host, interface = network.address(STORE), network.interface
        self.task = Task(host, WORKERS, interface, timeout, 4, 2, transport, str(folder))
        self.processes: dict[int, int] = {}
        with (folder / "errors").open("w") as errors:
            self.nursery = Nursery(network, [WORKER_MODULE, STORE_MODULE], errors)
        self.nursery.start(STORE, STORE_MODULE, host, PORT)
        for rank in range(WORKERS):
            self.start(rank)

    def start(self, rank: int) -> None:
        """Start a worker, or start it again."""
        self.processes[rank] = self.nursery.start(rank, WORKER_MODULE, rank, asdict(self.task))

    def commits(self, rank: int) -> Rows:
        """Return what a worker has committed so far."""
        file = self.folder / f"{rank}.jsonl"
        lines = file.read_text().splitlines(keepends=True) if file.exists() else []
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def view(self) -> int:
        """Return the latest view in which anyone has committed."""
        return max((lines[-1]["view"] for lines in self._all() if lines), default=0)

    def round(self) -> int:
        """Return the latest round that anyone has committed."""
        return max((lines[-1]["round"] for lines in self._all() if lines), default=0)

    def _all(self) -> list[Rows]:
        return [self.commits(rank) for rank in range(WORKERS)]

    def wait(self, away: set[int], view: int) -> float | None:
        """Wait until all but one of ``away``, if any, have committed in a later view; return when
        the last of them first did.
        """
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            first = {
                rank: next((line["time"] for line in lines if line["view"] > view), None)
                for rank, lines in enumerate(self._all())
            }
            late = {rank for rank, when in first.items() if when is None}
            if len(late) <= min(1, len(away)) and late <= away:
                known = sorted(when for when in first.values() if when is not None)
                return float(known[WORKERS - 1 - min(1, len(away))])
            time.sleep(0.1)
        return None

    def apply(self, fault: Fault) -> None:
        """Let it happen."""
        process = self.processes[fault.worker]
        match fault.kind:
            case "kill":
                os.killpg(process, signal.SIGKILL)
            case "stop":
                os.killpg(process, signal.SIGSTOP)
            case "cut":
                self.network.cut(fault.worker)
            case "cut link":
                self.network.cut(fault.worker, fault.other)

    def undo(self, fault: Fault) -> None:
        """Let it be over."""
        match fault.kind:
            case "kill":
                self.start(fault.worker)
            case "stop":
                os.killpg(self.processes[fault.worker], signal.SIGCONT)
            case _:
                self.network.heal()


@dataclass(frozen=True)
class Run:
    """A run with faults: what became of each, what was committed, how every worker ended."""

    faults: Rows
    commits: Rows
    finals: Rows


def measure(quick: bool) -> tuple[Figures, Rows]:
    """Let faults happen, one after the other, and compare what was committed."""
    if quick:
        return figures_of([run("direct", 6, QUICK_TIMEOUT)], QUICK_TIMEOUT)
    return figures_of([run(one, 26, TIMEOUT) for one in ("direct", "ring")], TIMEOUT)


def run(transport: str, faults: int, timeout: float) -> Run:
    """Let so many faults happen during a search."""
    generator = random.Random(transport)
    with (
        tempfile.TemporaryDirectory() as name,
        open_network(WORKERS + 1, DELAY_MS) as network,
    ):
        if not isinstance(network, Network):
            raise SystemExit("chaos needs network namespaces: gloo cannot go through a proxy")
        crew = Crew(network, Path(name), transport, timeout)
        crew.wait(set(), 0)
        rows = [disturb(crew, _draw(generator, number)) for number in range(faults)]
        finals = end(crew)
        commits = [line for rank in range(WORKERS) for line in crew.commits(rank)]
        return Run(rows, commits, finals)


def _draw(generator: random.Random, number: int) -> Fault:
    worker, other = generator.sample(range(WORKERS), 2)
    return Fault(FAULTS[number % len(FAULTS)], worker, other)


def disturb(crew: Crew, fault: Fault) -> dict[str, object]:
    """Let a fault happen and be over; return how long the others, and then it, were away."""
    time.sleep(random.Random(crew.round()).uniform(0, 0.5))
    view, began = crew.view(), time.monotonic()
    crew.apply(fault)
    resumed = crew.wait(fault.away, view)
    view, undone = crew.view(), time.monotonic()
    crew.undo(fault)
    back = crew.wait(set(), view)
    row = {
        **asdict(fault),
        "transport": crew.task.transport,
        "resumed_seconds": None if resumed is None else resumed - began,
        "back_seconds": None if back is None else back - undone,
    }
    print(json.dumps(row), file=sys.stderr)
    return row


def end(crew: Crew) -> Rows:
    """Let everyone come to an end at the same step; return what each is left with."""
    step = (crew.round() + LAST_ROUNDS) * crew.task.period
    temporary = crew.folder / "end.partial"
    temporary.write_text(str(step))
    temporary.rename(crew.folder / "end")
    deadline = time.monotonic() + PATIENCE
    while any(map(is_alive, crew.processes.values())):
        if time.monotonic() > deadline:
            break
        time.sleep(0.1)
    finals = [crew.folder / f"{rank}.final" for rank in range(WORKERS)]
    return [json.loads(file.read_text()) for file in finals if file.exists()]


def figures_of(runs: list[Run], timeout: float) -> tuple[Figures, Rows]:
    """Count what must not be, and how long going on took."""
    rows = [row for one in runs for row in one.faults]
    resumed = [row["resumed_seconds"] for row in rows if row["resumed_seconds"] is not None]
    back = [row["back_seconds"] for row in rows if row["back_seconds"] is not None]
    ends = [{json.dumps(final, sort_keys=True) for final in one.finals} for one in runs]
    figures = {
        "faults": len(rows),
        "divergent_commits": sum(map(divergent, runs)),
        "survivors_hung": len(rows) - len(resumed),
        "never_back": len(rows) - len(back),
        "resume_seconds_max": max(resumed, default=float("nan")),
        "resume_goal_seconds": timeout + 2,
        "back_seconds_max": max(back, default=float("nan")),
        "rounds": sum(max(line["round"] for line in one.commits) for one in runs),
        "workers_missing_at_the_end": sum(WORKERS - len(one.finals) for one in runs),
        "runs_ended_differently": sum(len(states) > 1 for states in ends),
    }
    return figures, rows


def divergent(run: Run) -> int:
    """Return how many rounds were not committed alike by all who committed them."""
    digests: dict[int, set[str]] = {}
    for line in run.commits:
        digests.setdefault(line["round"], set()).add(line["digest"])
    return sum(len(found) > 1 for found in digests.values())


if __name__ == "__main__":
    main("chaos", measure)
