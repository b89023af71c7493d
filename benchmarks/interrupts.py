"""Ctrl-C and SIGKILL at random moments in every verb that writes: is anything lost or different?

Each verb is interrupted in a copy of the files in ``tests/kept`` and given again until it ends; a
third of them twice. What it leaves is then compared with what an undisturbed one left: bit for bit
where it is computed; where it is measured, the same programs, each as often. ``lost`` is verbs that
did not end when they were given again, or that missed or doubled a measurement; ``different``,
other results; ``unclean``, files half written that the same verb, given later, leaves lying there.

Moments are drawn from a seed over the time that the undisturbed verb took. Processes are forks of
one that has imported everything. ``--quick`` interrupts each verb once, for as long as there is
time; else 100 are interrupted.
"""

import json
import os
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.harness import Figures, Rows, main
from benchmarks.kill_resume import identical
from proxyless.cli import main as command_line
from proxyless.runs.checkpoint import load_checkpoint
from search_spaces.files import ABANDONED_SECONDS, PARTIAL

KEPT = Path(__file__).resolve().parents[1] / "tests" / "kept" / "0.2"
IMPORTED = (
    "datasets", "matplotlib.pyplot", "onnx", "onnxruntime", "pandas", "scipy.optimize", "torch",
    "proxyless.cli.benchmark", "proxyless.cli.export", "proxyless.cli.profile",
    "proxyless.cli.report", "proxyless.cli.search", "proxyless.cli.train", "proxyless.cli.zoo",
    "proxyless.deploy.benchmark.benchmarking", "proxyless.deploy.export.exporting",
    "proxyless.nas.search", "proxyless.reporting.page", "proxyless.training.train",
)  # fmt: skip
INTERRUPTS, QUICK_SECONDS = 100, 45
AGAIN = 1 / 3
"""Share of interrupted verbs that are interrupted once more."""
ENDED_BY_SIGNAL = (130, -signal.SIGINT, -signal.SIGKILL)
MEASURING = ("--space", "space.toml", "--processes", "1", "--rounds", "2")
Content = dict[str, Any]
"""What a verb left, by name; see :class:`Verb`."""


@dataclass(frozen=True)
class Verb:
    """A command in a copy of the kept files.

    ``left`` returns what it left, in words that are equal where the results are; ``removed`` is
    what the copy does not have beforehand.
    """

    command: str
    left: Callable[[Path], Content]
    removed: tuple[str, ...] = ()


def files(*names: str) -> Callable[[Path], Content]:
    """Return what reads files of computed content: bytes, and what has no time in it."""
    return lambda folder: {name: _content(folder / name) for name in names}


def _content(path: Path) -> Any:
    if path.name == "log.jsonl":
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]
    if path.name == "checkpoint.pt":
        state = load_checkpoint(path)
        return {key: value for key, value in state.items() if not key.startswith("log_")}
    if path.name == "benchmark.json":
        rows = json.loads(path.read_text())["rows"]
        return sorted((row["file"], row["times"]["runtime"], row["accuracy"]) for row in rows)
    return path.read_bytes()


def measured(table: str) -> Callable[[Path], Content]:
    """Return what reads which programs of a table were measured, and how often."""

    def read(folder: Path) -> Content:
        # Further processes replace slow ones, as the machine's mood has it.
        query = "SELECT profile, program, process, round FROM visits WHERE process < 1"
        calibrated = "SELECT profile, networks FROM calibrations"
        return {
            query: sorted(_rows(folder / table, query)),
            calibrated: _rows(folder / table, calibrated),
        }

    return read


def computed(table: str) -> Callable[[Path], Content]:
    """Return what reads all rows of a table but when they were computed."""

    def read(folder: Path) -> Content:
        names = _rows(folder / table, "SELECT name FROM sqlite_master WHERE type = 'table'")
        return {name: _undated(folder / table, name) for (name,) in names}

    return read


def _undated(path: Path, name: str) -> list[str]:
    columns = [column for _, column, *_ in _rows(path, f"PRAGMA table_info({name})")]
    kept = ", ".join(column for column in columns if column not in ("made_at", "created_at"))
    return sorted(map(repr, _rows(path, f"SELECT {kept} FROM {name}")))


def _rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(path)
    try:
        (state,) = connection.execute("PRAGMA integrity_check").fetchone()
        return [(state,)] * (state != "ok") + connection.execute(query).fetchall()
    finally:
        connection.close()


HERE = "here.db"
"""A table of this machine."""
SEARCH = ("checkpoint.pt", "log.jsonl", "result.json", "config.json", "costs.json")
TRAIN = ("checkpoint.pt", "log.jsonl", "result.json", "config.json", "weights.safetensors")
RUN = "runs/gradient"
FOUND = "search --config settings.toml --table tables/plain.db --device 54dbd9641a39"
VERBS = {
    "profile": Verb(
        f"profile {' '.join(MEASURING)} --calibration-networks 2 --table new.db", measured("new.db")
    ),
    "search": Verb(
        f"{FOUND} --max-params 1300 --pareto 2 --out run",
        files(
            *(f"run/search/{name}" for name in SEARCH),
            *("run/architecture.json", "run/provenance.json", "run/pareto/2/search/log.jsonl"),
        ),
    ),
    "search of two devices": Verb(
        f"{FOUND} --table tables/int8.db --device 54dbd9641a39 --max-params 1300 --out run",
        files(
            *(f"run/search/{name}" for name in SEARCH),
            *("run/1/architecture.json", "run/2/search/log.jsonl", "run/2/provenance.json"),
        ),
    ),
    "train": Verb(
        f"train {RUN} --epochs 6 --batch-size 32 --average 0.9 --mixup 0.2 --checkpoint-seconds 0",
        files(*(f"{RUN}/train/{name}" for name in TRAIN), f"{RUN}/provenance.json"),
        (f"{RUN}/train",),
    ),
    "export": Verb(
        f"export {RUN} --no-measure",
        files(f"{RUN}/model.onnx", f"{RUN}/provenance.json"),
        (f"{RUN}/model.onnx",),
    ),
    "zoo add": Verb(
        f"zoo add {RUN} again --zoo zoo --max-drop 100",
        files(*(f"zoo/again/{name}" for name in ("architecture.json", "weights.safetensors"))),
    ),
    "tables merge": Verb(
        "tables merge tables/plain.db tables/calibrated.db tables/int8.db tables/imported.db",
        computed("tables/plain.db"),
    ),
    "tables import": Verb(
        "tables import published.yaml --table new.db --device Phone --threads 1",
        computed("new.db"),
    ),
    "tables fit": Verb(
        "tables fit drawn/networks.csv --space space.toml --table new.db --device Board",
        computed("new.db"),
    ),
    "tables calibrate": Verb(
        f"tables calibrate {HERE} {' '.join(MEASURING)} --networks 3",
        measured(HERE),
    ),
    "tables draw": Verb(
        "tables draw more --space space.toml --networks 6",
        files("more/networks.csv", "more/network-005.onnx", "more/network-005.json"),
    ),
    "benchmark": Verb(
        f"benchmark {RUN}/model.onnx --rounds 1 --data digits",
        files(f"{RUN}/benchmark.json"),
        (f"{RUN}/benchmark.json",),
    ),
    "report": Verb(f"report {RUN}", files(f"{RUN}/report.html")),
}


@dataclass(frozen=True)
class Trial:
    """What became of a verb that was interrupted."""

    verb: str
    moments: list[tuple[str, float]]
    lost: str = ""
    different: tuple[str, ...] = ()
    unclean: tuple[str, ...] = ()


def measure(quick: bool) -> tuple[Figures, Rows]:
    """Interrupt every verb in turn."""
    for module in IMPORTED:
        __import__(module)
    os.environ |= {"SOURCE_DATE_EPOCH": "1800000000", "OMP_NUM_THREADS": "1"}
    generator, started = random.Random(0), time.monotonic()
    trials, undisturbed = list[Trial](), dict[str, tuple[float, Content]]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _profile(folder)
        while sum(len(trial.moments) for trial in trials) < (len(VERBS) if quick else INTERRUPTS):
            for verb in VERBS:
                if quick and time.monotonic() - started > QUICK_SECONDS:
                    return figures_of(trials)
                if verb not in undisturbed:
                    undisturbed[verb] = _whole(VERBS[verb], folder)
                trials.append(interrupt(verb, folder, *undisturbed[verb], generator))
                print(trials[-1], file=sys.stderr, flush=True)
    return figures_of(trials)


def figures_of(trials: list[Trial]) -> tuple[Figures, Rows]:
    """Count what became of the verbs."""
    figures = {
        "interrupts": sum(len(trial.moments) for trial in trials),
        "verbs": len({trial.verb for trial in trials}),
        "lost": sum(bool(trial.lost) for trial in trials),
        "different": sum(bool(trial.different) for trial in trials),
        "unclean": sum(bool(trial.unclean) for trial in trials),
    }
    return {name: float(value) for name, value in figures.items()}, [
        vars(trial) for trial in trials
    ]


def interrupt(
    name: str, folder: Path, seconds: float, whole: Content, generator: random.Random
) -> Trial:
    """Interrupt a verb, once or more, give it until it ends, and compare."""
    verb, place, moments = VERBS[name], folder / "trial", []
    _prepare(verb, place)
    count = 2 if generator.random() < AGAIN else 1
    for _ in range(count):
        sent = generator.choice([signal.SIGINT, signal.SIGKILL])
        moment = generator.uniform(0, seconds)
        status, _ = run(verb.command, place, (moment, sent))
        if status in ENDED_BY_SIGNAL:
            moments.append((sent.name, round(moment, 3)))
    status, said = run(verb.command, place)
    lost = "" if _ended(name, status, said) else f"status {status}: {said[-300:]}"
    try:
        left = {} if lost else verb.left(place)
    except (OSError, ValueError, sqlite3.Error) as error:
        left, lost = {}, str(error)
    different = tuple(part for part in left if not identical(left[part], whole.get(part)))
    trial = Trial(name, moments, lost, different, _unclean(verb, place))
    shutil.rmtree(place)
    return trial


def _ended(name: str, status: int, said: str) -> bool:
    """Whether a verb ended, or says that the interrupted one had."""
    return status == 0 or (name in ("zoo add", "tables draw") and "exist" in said)


def _unclean(verb: Verb, place: Path) -> tuple[str, ...]:
    """Return what was half written and is left after the verb was given once more, later."""
    long_ago = time.time() - 2 * ABANDONED_SECONDS
    for path in place.rglob(f".*{PARTIAL}"):
        os.utime(path, (long_ago, long_ago))
    if any(place.rglob(f".*{PARTIAL}")):
        run(verb.command, place)
    names = [*place.rglob(f"*{PARTIAL}"), *place.rglob("*-journal"), *place.rglob("*-wal")]
    return tuple(str(path.relative_to(place)) for path in names)


def _whole(verb: Verb, folder: Path) -> tuple[float, Content]:
    """Return how long an undisturbed verb takes, and what it leaves."""
    place = folder / "trial"
    _prepare(verb, place)
    started = time.monotonic()
    status, said = run(verb.command, place)
    seconds = time.monotonic() - started
    if status != 0:
        raise RuntimeError(f"{verb.command}: status {status}: {said}")
    left = verb.left(place)
    shutil.rmtree(place)
    return seconds, left


def _profile(folder: Path) -> None:
    """Profile this machine into a table that every verb's copy has."""
    place = folder / "trial"
    shutil.copytree(KEPT, place)
    status, said = run(VERBS["profile"].command, place)
    if status != 0:
        raise RuntimeError(said)
    shutil.copy(place / "new.db", folder / HERE)
    shutil.rmtree(place)


def _prepare(verb: Verb, place: Path) -> None:
    shutil.copytree(KEPT, place)
    for name in verb.removed:
        path = place / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    if (place.parent / HERE).exists():
        shutil.copy(place.parent / HERE, place)


def run(
    command: str, place: Path, interrupted: tuple[float, signal.Signals] | None = None
) -> tuple[int, str]:
    """Run a command in a fork, in a folder; return its status and what it said.

    ``interrupted`` is when it is sent which signal. Ctrl-C goes to all of its processes, as from a
    terminal; SIGKILL to itself, and then to those it had started.
    """
    with tempfile.TemporaryFile() as output:
        process = os.fork()
        if process == 0:
            _work(command, place, output.fileno())
        if interrupted is None:
            _, code = os.waitpid(process, 0)
        else:
            code = _interrupted(process, *interrupted)
        with suppress(ProcessLookupError):
            os.killpg(process, signal.SIGKILL)
        output.seek(0)
        return os.waitstatus_to_exitcode(code), output.read().decode(errors="replace").strip()


def _interrupted(process: int, moment: float, sent: signal.Signals) -> int:
    deadline = time.monotonic() + moment
    while time.monotonic() < deadline:
        ended, code = os.waitpid(process, os.WNOHANG)
        if ended:
            return code
        time.sleep(0.001)
    if sent is signal.SIGINT:
        os.killpg(process, sent)
    else:
        os.kill(process, sent)
    return os.waitpid(process, 0)[1]


def _work(command: str, place: Path, output: int) -> None:
    """Be the command line, and leave."""
    status: Any = 1
    try:
        os.setsid()
        os.dup2(output, 1)
        os.dup2(output, 2)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.chdir(place)
        sys.argv = ["proxyless", *command.split()]
        command_line()
        status = 0
    except SystemExit as left:
        status = left.code
    except KeyboardInterrupt:
        status = 130
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(int(status or 0))


if __name__ == "__main__":
    main("interrupts", measure)
