"""What it costs in accuracy that averages come late.

Four workers train a small network on CIFAR-10 at 16 x 16 pixels, with averages that are 0 to 20
steps late, from shards at random (iid) or of three of the ten classes (skewed). The trainer is the
package's, one instance a worker, all in one process: of what goes over a real network only the
network is replaced. It takes each average when it is due and never earlier, so that how fast the
network is would not change a figure. It goes ahead of the averages as ``quasi-hyperbolic`` does;
beside it, as ``replay`` does, and not at all (late averages alone: ``uncorrected``).

Gaps are points of accuracy below synchronous training with the same shards, means over seeds; seeds
share weights, shards and batches among delays and ways. The learning rate is the same for all:
without a delay it did better than 0.02 and 0.05 (one seed). Images to test on are the test set's
and a tenth of the training set's. Figures ``stable_d...`` are what theory says: see
:mod:`benchmarks.delay_stability`. Finished trainings are left in ``runs/delay_accuracy``: the same
command goes on from there. ``--quick`` has delays 4 and 16, two ways, one seed and few steps, on
the digits.
"""

import json
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import as_completed
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.delay_stability import LOOPS, largest_stable
from benchmarks.delay_training import MOMENTUM, Training, train
from benchmarks.harness import Figures, Rows, main
from benchmarks.trainings import CIFAR10, pool

SHARDS = ("iid", "skewed")
MAIN = "quasi-hyperbolic"
"""The way whose figures have no way in their names."""
REFERENCE = (MAIN, 0)
"""Synchronous training, as every way is without a delay; everything is compared with it."""


@dataclass(frozen=True)
class Setting:
    """How much of everything; ``delays`` by the way to train."""

    data: str
    resolution: int
    steps: int
    learning_rate: float
    delays: Mapping[str, tuple[int, ...]]
    seeds: tuple[int, ...]

    def training(self, shards: str, way: str, delay: int, seed: int) -> Training:
        """Return one of its trainings."""
        return Training(
            self.data,
            self.resolution,
            self.steps,
            self.learning_rate,
            shards,
            way,
            delay,
            seed,
        )

    def cells(self) -> Iterator[tuple[str, str, int]]:
        """Return shards, way and delay of what is compared."""
        for way, delays in self.delays.items():
            for shards in SHARDS:
                for delay in delays:
                    yield shards, way, delay


FULL = Setting(
    str(CIFAR10),
    resolution=16,
    steps=4000,
    learning_rate=0.1,
    delays={
        "quasi-hyperbolic": (0, 1, 4, 8, 16, 20),
        "replay": (1, 4, 8, 16, 20),
        "uncorrected": (1, 4, 8, 16, 20),
    },
    seeds=(0, 1, 2),
)
QUICK = Setting(
    "digits",
    resolution=8,
    steps=150,
    learning_rate=0.05,
    delays={"quasi-hyperbolic": (0, 4, 16), "replay": (16,)},
    seeds=(0,),
)


def measure(quick: bool) -> tuple[Figures, Rows]:
    """Train in every way with every delay, and compare."""
    if not quick and not CIFAR10.exists():
        sys.exit(f"delay_accuracy: CIFAR-10 is not at {CIFAR10}; --quick does without it")
    setting = QUICK if quick else FULL
    kept = nullcontext("runs/delay_accuracy")
    with tempfile.TemporaryDirectory() if quick else kept as folder:
        accuracies = train_all(setting, Path(folder) / "trainings.jsonl")
    rows = rows_of(setting, accuracies)
    return figures_of(rows) | stability(setting), rows


def train_all(setting: Setting, file: Path) -> dict[Training, float]:
    """Return accuracies; a line of the file is added for each training that ends."""
    done = finished(file)
    wanted = {
        setting.training(*cell, seed): None for seed in setting.seeds for cell in setting.cells()
    }
    with pool() as jobs:
        started = {jobs.submit(train, one): one for one in wanted if one not in done}
        for future in as_completed(started):
            training, accuracy = started[future], future.result()
            done[training] = accuracy
            with file.open("a") as lines:
                lines.write(json.dumps({**asdict(training), "accuracy": accuracy}) + "\n")
            print(
                f"{len(done.keys() & wanted)}/{len(wanted)} {training.shards} {training.way}"
                f" delay {training.delay} seed {training.seed}:"
                f" {100 * accuracy:.1f} %",
                file=sys.stderr,
            )
    return done


def finished(file: Path) -> dict[Training, float]:
    """Return what a file says; a last line that was cut off is cut off for good."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    lines = file.read_text().splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        file.write_text("".join(lines := lines[:-1]))
    done = {}
    for line in lines:
        fields = json.loads(line)
        accuracy = fields.pop("accuracy")
        done[Training(**fields)] = accuracy
    return done


def rows_of(setting: Setting, accuracies: dict[Training, float]) -> Rows:
    """Return a row for each cell: accuracies by seed in percent, and points below synchronous."""
    rows = []
    for shards, way, delay in setting.cells():
        late, synchronous = (
            [100 * accuracies[setting.training(shards, *one, seed)] for seed in setting.seeds]
            for one in ((way, delay), REFERENCE)
        )
        gaps = [best - its for best, its in zip(synchronous, late, strict=True)]
        row = {"shards": shards, "way": way, "delay": delay, "accuracies": late, "gaps": gaps}
        rows.append(row)
    return rows


def figures_of(rows: Rows) -> Figures:
    """Return synchronous accuracies, mean gaps, and standard deviations of both over seeds."""
    figures: Figures = {}
    for row in rows:
        if (row["way"], row["delay"]) == REFERENCE:
            name, values = f"{row['shards']}_synchronous_accuracy", row["accuracies"]
        else:
            way = "" if row["way"] == MAIN else row["way"] + "_"
            name, values = f"{way}{row['shards']}_gap_d{row['delay']}", row["gaps"]
        figures[name] = statistics.mean(values)
        if len(values) > 1:
            figures[name + "_deviation"] = statistics.stdev(values)
    return figures


def stability(setting: Setting) -> Figures:
    """Return the largest learning rate x curvature at which the package's ways are stable."""
    delays = setting.delays[MAIN]
    return {
        f"{'' if way == MAIN else way + '_'}stable_d{delay}": largest_stable(
            *loops(delay, MOMENTUM)
        )
        for way, loops in LOOPS.items()
        for delay in delays
        if delay > 0
    }


if __name__ == "__main__":
    main("delay_accuracy", measure)
