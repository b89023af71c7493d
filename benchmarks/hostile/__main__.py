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
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import Figures, Rows, main
from benchmarks.hostile import (
    hosts,
    images,
    models,
    options,
    parquet,
    published,
    runs,
    spaces,
    tables,
)
from benchmarks.hostile.preparation import prepare
from benchmarks.hostile.trial import Ended, Outcome, Trial, run_all

KEPT = Path(__file__).parents[2] / "tests/kept/0.2"
QUICK, WHOLE = 300, 2400
SEED = int(os.environ.get("HOSTILE_SEED", "0"))
Make = Callable[[Path, Path, random.Random], str]


@dataclass(frozen=True)
class Boundary:
    """Where inputs enter.

    Attributes:
        make: makes a hostile input in a folder, from the kept files; returns what it is.
        attempt: reads it, from its folder.
        share: how many of a hundred inputs are of this boundary.
        honest: makes an input that is to be accepted; None where only the real thing could answer.
        always_wrong: whether every input that ``make`` makes is to be refused.
    """

    make: Make
    attempt: Callable[[], None]
    share: float
    honest: Callable[[Path, Path], None] | None
    always_wrong: bool = False


BOUNDARIES = {
    "table, a cell": Boundary(tables.wrong_cell, tables.use, 14, tables.honest),
    "table, its content": Boundary(tables.other_content, tables.use, 5, tables.honest),
    "table, its bytes": Boundary(tables.other_bytes, tables.use, 4, tables.honest),
    "space": Boundary(spaces.other_space, spaces.use_space, 9, spaces.honest_space),
    "architecture": Boundary(
        spaces.other_architecture, spaces.use_architecture, 9, spaces.honest_architecture
    ),
    "run": Boundary(runs.other_json, runs.report, 4, runs.honest),
    "run, links": Boundary(runs.links, runs.report, 1, runs.honest),
    "weights": Boundary(runs.other_weights, runs.export, 3, runs.honest, always_wrong=True),
    "checkpoint": Boundary(runs.other_checkpoint, runs.resume, 2.5, runs.unfinished),
    "card": Boundary(runs.other_card, runs.look_into_zoo, 6, runs.zoo),
    "zoo": Boundary(runs.other_zoo_model, runs.verify, 1, runs.zoo, always_wrong=True),
    "model, metadata": Boundary(models.other_metadata, models.benchmark, 1.5, models.honest),
    "model, bytes": Boundary(models.other_bytes, models.benchmark, 1, models.honest),
    "model, graph": Boundary(models.other_graph, models.benchmark, 0.5, models.honest),
    "images": Boundary(images.folder_of_images, images.use_folder, 8, images.honest_folder),
    "parquet": Boundary(parquet.hostile, parquet.use_file, 8, parquet.honest),
    "published table": Boundary(
        published.other_table, published.use_table, 6, published.honest_table
    ),
    "list of networks": Boundary(published.other_list, published.fit, 3, published.honest_list),
    "board": Boundary(hosts.board, hosts.profile_board, 4, None, always_wrong=True),
    "phone": Boundary(hosts.phone, hosts.profile_phone, 3, hosts.honest_phone),
    "settings": Boundary(options.other_settings, options.use_settings, 2, options.honest_settings),
    "option": Boundary(options.wrong_option, options.use_option, 9, None, always_wrong=True),
}
SLOW = ("model, graph", "model, bytes", "model, metadata")
"""Boundaries whose inputs may take as long as they are let: engines run in their own time."""
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
        controls = list(honest(Path(name)))
        refused = 0
        for number, ended in enumerate(run_all([*controls, *trials], os.cpu_count() or 1), 1):
            if ended.trial in controls:
                if ended.outcome is not Outcome.ACCEPTED:
                    refused += 1
                    rows.append(_row(ended, "honest_refused"))
                continue
            outcome = judged(ended)
            outcomes[outcome] += 1
            if outcome in FIGURES:
                rows.append(_row(ended, FIGURES[outcome]))
            if number % 100 == 0:
                print(f"{number} of {len(trials)}", file=sys.stderr, flush=True)
    figures: Figures = {name: outcomes[outcome] for outcome, name in FIGURES.items()}
    accepted = outcomes[Outcome.ACCEPTED]
    return {"inputs": len(trials), **figures, "honest_refused": refused, "accepted": accepted}, rows


def honest(folder: Path) -> Iterator[Trial]:
    """Make an honest input for each way in: to refuse everything would be no use."""
    made = set()
    for name, boundary in _asked_for().items():
        way = (boundary.honest, boundary.attempt)
        if boundary.honest is not None and way not in made:
            made.add(way)
            own = folder / f"honest {name}"
            own.mkdir()
            boundary.honest(own, KEPT)
            yield Trial(name, "an honest input", own, boundary.attempt)


def drawn(folder: Path, count: int, generator: random.Random) -> list[Trial]:
    """Draw inputs, each in a folder of its own; those that may take long come first."""
    boundaries = _asked_for()
    shares = [boundary.share for boundary in boundaries.values()]
    trials = []
    for number, name in enumerate(generator.choices(list(boundaries), shares, k=count)):
        own = folder / str(number)
        own.mkdir()
        boundary = boundaries[name]
        description = boundary.make(own, KEPT, random.Random(generator.getrandbits(64)))
        trials.append(Trial(name, description, own, boundary.attempt))
    return sorted(trials, key=lambda trial: trial.boundary not in SLOW)


def judged(ended: Ended) -> Outcome:
    """Return what became of an input; what is wrong in itself should not have been accepted."""
    wrong = BOUNDARIES[ended.trial.boundary].always_wrong
    accepted = ended.outcome is Outcome.ACCEPTED
    return Outcome.WRONGLY_ACCEPTED if wrong and accepted else ended.outcome


def _asked_for() -> dict[str, Boundary]:
    only = os.environ.get("HOSTILE_ONLY", "")
    return {name: boundary for name, boundary in BOUNDARIES.items() if only in name}


def _row(ended: Ended, figure: str) -> dict[str, object]:
    """Return what a failure was, and print it."""
    trial, text = ended.trial, ended.text[-1500:]
    print(f"{figure}: {trial.boundary}: {trial.description!a}", file=sys.stderr)
    return {"figure": figure, "boundary": trial.boundary, "input": trial.description, "text": text}


if __name__ == "__main__":
    main("hostile", measure)
