"""Broken and hostile inputs at every boundary: none ends in a traceback, hangs, takes all memory,
or is taken where it is wrong.

Inputs are drawn from a seed, each tried in a process of its own with limits of time and memory:
tables, spaces, architectures, runs, weights, checkpoints, cards, model files, images, published
tables, answers of boards and phones, options and settings. What is tried starts from the files of
an earlier release that the tests keep. ``--quick`` tries 300, else 2,400; the rows name every input
that failed. The variable HOSTILE_SEED draws others, HOSTILE_ONLY those of boundaries whose name
holds it.
"""

import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import Figures, Rows, main
from benchmarks.hostile import hosts, images, models, options, published, runs, spaces, tables
from benchmarks.hostile.preparation import prepare
from benchmarks.hostile.trial import Ended, Outcome, Trial, run_all

KEPT = Path(__file__).parents[2] / "tests/kept/0.2"
QUICK, WHOLE = 300, 2400
SEED = int(os.environ.get("HOSTILE_SEED", "0"))
RESUME = [
    "search", "--config", "settings.toml", "--table", "tables/plain.db", "--device",
    "54dbd9641a39", "--max-params", "1300", "--out", "runs/half-gradient",
]  # fmt: skip
Make = Callable[[Path, Path, random.Random], str]


@dataclass(frozen=True)
class Boundary:
    """Where inputs enter: how one is made, who reads it, and how many of a hundred are of it."""

    make: Make
    attempt: Callable[[], None]
    share: float


BOUNDARIES = {
    "table, a cell": Boundary(tables.wrong_cell, tables.use, 14),
    "table, its content": Boundary(tables.other_content, tables.use, 5),
    "table, its bytes": Boundary(tables.other_bytes, tables.use, 4),
    "space": Boundary(spaces.other_space, spaces.use_space, 9),
    "architecture": Boundary(spaces.other_architecture, spaces.use_architecture, 9),
    "run": Boundary(runs.other_json, runs.report, 5),
    "run, links": Boundary(runs.links, runs.report, 1),
    "weights": Boundary(runs.other_weights, runs.export, 3),
    "checkpoint": Boundary(runs.other_checkpoint, lambda: runs.resume(RESUME), 4),
    "card": Boundary(runs.other_card, runs.look_into_zoo, 6),
    "zoo": Boundary(runs.other_zoo_model, runs.verify, 1),
    "model, metadata": Boundary(models.other_metadata, models.benchmark, 3),
    "model, bytes": Boundary(models.other_bytes, models.benchmark, 2),
    "model, graph": Boundary(models.other_graph, models.benchmark, 1),
    "images": Boundary(images.folder_of_images, images.use_folder, 8),
    "parquet": Boundary(images.parquet_file, images.use_parquet, 8),
    "published table": Boundary(published.other_table, published.use_table, 6),
    "list of networks": Boundary(published.other_list, published.fit, 3),
    "board": Boundary(hosts.board, hosts.profile_board, 4),
    "phone": Boundary(hosts.phone, hosts.profile_phone, 3),
    "settings": Boundary(options.other_settings, options.use_settings, 2),
    "option": Boundary(options.wrong_option, options.use_option, 9),
}
FIGURES = {
    Outcome.TRACEBACK: "tracebacks",
    Outcome.HANG: "hangs",
    Outcome.OVER_MEMORY: "over_memory",
    Outcome.WRONGLY_ACCEPTED: "wrongly_accepted",
}


def measure(quick: bool) -> tuple[Figures, Rows]:
    """Try them all; count what became of them."""
    prepare()
    rows: Rows = []
    outcomes: Counter[Outcome] = Counter()
    with tempfile.TemporaryDirectory() as name:
        trials = drawn(Path(name), QUICK if quick else WHOLE, random.Random(SEED))
        for number, ended in enumerate(run_all(trials, os.cpu_count() or 1), 1):
            outcomes[ended.outcome] += 1
            if ended.outcome in FIGURES:
                rows.append(_row(ended))
                print(*list(rows[-1].values())[:3], sep=": ", file=sys.stderr)
            if number % 100 == 0:
                print(f"{number} of {len(trials)}", file=sys.stderr, flush=True)
    figures: Figures = {name: outcomes[outcome] for outcome, name in FIGURES.items()}
    accepted = outcomes[Outcome.ACCEPTED]
    return {"inputs": len(trials), **figures, "accepted": accepted}, rows


def drawn(folder: Path, count: int, generator: random.Random) -> list[Trial]:
    """Draw inputs, each in a folder of its own."""
    only = os.environ.get("HOSTILE_ONLY", "")
    boundaries = {name: one for name, one in BOUNDARIES.items() if only in name}
    shares = [boundary.share for boundary in boundaries.values()]
    trials = []
    for number, name in enumerate(generator.choices(list(boundaries), shares, k=count)):
        own = folder / str(number)
        own.mkdir()
        boundary = boundaries[name]
        description = boundary.make(own, KEPT, random.Random(generator.getrandbits(64)))
        trials.append(Trial(name, description, own, boundary.attempt))
    return trials


def _row(ended: Ended) -> dict[str, object]:
    return {
        "figure": FIGURES[ended.outcome],
        "boundary": ended.trial.boundary,
        "input": ascii(ended.trial.description),
        "text": ended.text[-1500:],
    }


if __name__ == "__main__":
    main("hostile", measure)
