"""Create the files of users with this release: ``python tests/kept/make.py``.

They are written to ``tests/kept/MAJOR.MINOR``, which must not exist, only by the command line; what
later releases must still read from them is in ``expected.json``. See README.md.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

import latency
import proxyless
from latency import this_cpu
from proxyless import __version__
from search_spaces import Architecture, load_space

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DEVICE = ("--device", this_cpu().fingerprint)
MAX_PARAMETERS = 1300
QUICKLY = ("--space", "space.toml", "--processes", 1, "--rounds", 2)
TABLES = ("plain", "calibrated", "int8", "imported", "fitted")
NETWORKS = ([0, 0], [1, 2], [3, 4])
"""Networks whose latencies are predicted, as choices: a number per searched block."""
INTERRUPTED_AFTER = 4
"""Epochs: of the 8 of a search, the second that updates the architecture."""
SECONDS_TO_SAVE = 0.1
"""Time from a line of the log until the workers' next checkpoint is on disk."""
WORKERS = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
SHARED = ("--sync", "delayed", "--delay", 3, "--period", 2)
HALVES: dict[str, tuple[object, ...]] = {
    "half-gradient": ("--max-params", MAX_PARAMETERS),
    "half-two-path": ("--method", "two-path", "--max-params", MAX_PARAMETERS),
    "half-reinforce": ("--method", "reinforce", "--max-params", MAX_PARAMETERS),
    "half-delayed": ("--max-params", MAX_PARAMETERS, *SHARED),
}
"""Interrupted searches with the plain table; two workers share the delayed one."""
TRAINING = ("--epochs", 8, "--batch-size", 32, "--learning-rate", 0.2)
HERE_ALONE = ("--compute", "cpu", "--compute-threads", 1, "--checkpoint-seconds", 0.05)


class Maker:
    """Runs commands in a folder and records them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.commands: list[str] = []

    def run(self, *words: object) -> Any:
        """Run a command to its end and return the JSON that it prints."""
        done = subprocess.run(
            self._command(words, "--json"), cwd=self.folder, stdout=subprocess.PIPE, check=True
        )
        return json.loads(done.stdout)

    def run_shared(self, *words: object) -> None:
        """Run a command with two workers to its end."""
        subprocess.run(self._command(words, start=WORKERS), cwd=self.folder, check=True)

    def interrupt(self, words: tuple[object, ...], phases: list[Path], shared: bool) -> None:
        """Run a command until every log has some lines; then send Ctrl-C, or kill workers.

        Repeated if this interrupted the writing of a checkpoint.
        """
        logs = [self.folder / phase / "log.jsonl" for phase in phases]
        command = self._command(words, start=WORKERS if shared else ())
        process = subprocess.Popen(command, cwd=self.folder)
        while min(_lines(log) for log in logs) < INTERRUPTED_AFTER:
            assert process.poll() is None, f"ended early: {command}"
            time.sleep(0.002)
        if shared:
            time.sleep(SECONDS_TO_SAVE)
            workers = psutil.Process(process.pid).children()
            process.kill()
            for worker in workers:
                worker.kill()
            psutil.wait_procs(workers)
            assert process.wait() == -signal.SIGKILL
        else:
            process.send_signal(signal.SIGINT)
            assert process.wait() == 130
        folders = [log.parent for log in logs]
        if any((phase / "checkpoint.partial").exists() for phase in folders):
            for phase in folders:
                shutil.rmtree(phase)
            self.commands.pop()
            self.interrupt(words, phases, shared)
        for phase in folders:
            assert (phase / "checkpoint.pt").exists()
            assert not (phase / "result.json").exists()

    def _command(
        self, words: tuple[object, ...], *more: str, start: tuple[str, ...] = ()
    ) -> list[str]:
        arguments = list(map(str, words))
        starts = "torchrun --standalone --nproc-per-node 2 -m " if start else ""
        self.commands.append(" ".join([f"{starts}proxyless", *arguments]))
        print(self.commands[-1], file=sys.stderr)
        return [sys.executable, *start, "-m", "proxyless", *arguments, *more]


def main() -> None:
    """Create the folder of this release beside this file."""
    target = HERE / ".".join(__version__.split(".")[:2])
    if target.exists():
        sys.exit(f"{target} exists: what users have is not made again")
    if not Path(proxyless.__file__).is_relative_to(ROOT):
        sys.exit(f"{proxyless.__file__} is not of this tree: set PYTHONPATH={ROOT}")
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a background process of a shell would ignore it
    os.environ |= {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryDirectory() as folder:
        release_folder = Path(folder) / "made"
        release_folder.mkdir()
        for name in ("space.toml", "settings.toml"):
            shutil.copy(HERE / name, release_folder)
        maker = Maker(release_folder)
        expected = {
            "tables": make_tables(maker),
            "runs": make_runs(maker),
            "halves": make_halves(maker),
        }
        facts = {"version": __version__, "commit": _commit(), "commands": maker.commands}
        content = json.dumps({**facts, **expected}, indent=1)
        (release_folder / "expected.json").write_text(content + "\n")
        shutil.copytree(release_folder, target)


def make_tables(maker: Maker) -> dict[str, Any]:
    """Profile, calibrate, import and fit; return the predictions of each table."""
    for name, more in (("plain", ()), ("calibrated", ()), ("int8", ("--dtype", "int8"))):
        table = f"tables/{name}.db"
        maker.run("profile", *QUICKLY, "--calibration-networks", 2, "--table", table, *more)
    maker.run("tables", "calibrate", "tables/calibrated.db", *QUICKLY, "--networks", 6)
    maker.run(
        "tables", "export", "tables/plain.db", "published.yaml", *DEVICE,
        "--format", "proxylessnas",
    )  # fmt: skip
    maker.run(
        "tables", "import", "published.yaml", "--table", "tables/imported.db",
        "--device", "A phone", "--threads", 1,
    )  # fmt: skip
    maker.run("tables", "draw", "drawn", "--space", "space.toml", "--networks", 6)
    header, *lines = (maker.folder / "drawn" / "networks.csv").read_text().splitlines()
    measured = [f"{line}{2 + number / 10}" for number, line in enumerate(lines)]
    (maker.folder / "drawn" / "networks.csv").write_text("\n".join([header, *measured, ""]))
    maker.run(
        "tables", "fit", "drawn/networks.csv", "--space", "space.toml",
        "--table", "tables/fitted.db", "--device", "A board",
    )  # fmt: skip
    return {name: _predictions(maker.folder, f"{name}.db") for name in TABLES}


def _predictions(folder: Path, name: str) -> dict[str, Any]:
    table, space = folder / "tables" / name, load_space(folder / "space.toml")
    with latency.Table.open(table) as opened:
        (info,) = opened.profiles()
    predictor = latency.load_predictor(table, device=info.device.fingerprint)
    return {
        "device": info.device.fingerprint,
        "profile": str(info),
        "bounds_ms": predictor.bounds(space),
        "networks": [
            {
                "choices": choices,
                "milliseconds": predictor.network(Architecture.choose(space, choices).operations),
            }
            for choices in NETWORKS
        ],
        "entries": {key: entry.milliseconds for key, entry in predictor.entries.items()},
    }


def make_runs(maker: Maker) -> dict[str, Any]:
    """Search and train to the end, export, measure and publish; return the networks."""
    fastest, slowest = latency.load_predictor(maker.folder / "tables/calibrated.db").bounds(
        load_space(maker.folder / "space.toml")
    )
    target = f"{(fastest + slowest) / 2:.4g}"
    search = (
        "search", "--config", "settings.toml", "--table", "tables/calibrated.db", *DEVICE,
        "--target-ms", target, "--max-params", "2k", "--pareto", 2, "--out", "runs/gradient",
    )  # fmt: skip
    maker.run(*search)
    train = ("train", "runs/gradient", *TRAINING, "--average", 0.9)
    maker.run(*train)
    files = []
    for kind in ("onnx", "onnx-int8", "tflite", "tflite-int8"):
        exported = maker.run("export", "runs/gradient", "--format", kind, "--max-drop", 100)
        files.append(exported["path"])
    maker.run("benchmark", *files, "--rounds", 2, "--data", "digits")
    maker.run("zoo", "add", "runs/gradient", "kept_digits", "--zoo", "zoo", "--max-drop", 100)
    several = (
        "search", "--config", "settings.toml", "--table", "tables/plain.db", "--table",
        "tables/int8.db", *DEVICE, "--max-params", MAX_PARAMETERS, "--out", "runs/several",
    )  # fmt: skip
    maker.run(*several)
    return {
        "gradient": {
            "search": _words(search),
            "train": _words(train),
            "networks": {name: _labels(maker.folder, name) for name in (
                "runs/gradient", "runs/gradient/pareto/1", "runs/gradient/pareto/2",
            )},
        },
        "several": {
            "search": _words(several),
            "networks": {
                name: _labels(maker.folder, name) for name in ("runs/several/1", "runs/several/2")
            },
        },
    }  # fmt: skip


def make_halves(maker: Maker) -> dict[str, Any]:
    """Interrupt searches and trainings; return the results of undisturbed ones."""
    expected = {}
    for name, more in HALVES.items():
        search = (
            "search", "--config", "settings.toml", "--table", "tables/plain.db", *DEVICE, *more,
            "--out", f"runs/{name}",
        )  # fmt: skip
        expected[name] = _interrupt(maker, search, "search", name)
    # Distillation from the supernet of the search for several devices.
    taught = (
        "train", "runs/several/1", *TRAINING, "--teacher", "supernet", "--average", 0.9,
        "--mixup", 0.2, "--checkpoint-seconds", 0.05,
    )  # fmt: skip
    expected["several"] = _interrupt(maker, taught, "train", "several/1")
    alone = maker.folder / "runs" / "half-delayed-training"
    alone.mkdir()
    shutil.copy(maker.folder / "runs/gradient/architecture.json", alone)
    shared = (
        "train", "runs/half-delayed-training", *TRAINING, "--data", "digits", *HERE_ALONE, *SHARED,
        "--ahead", "exact", "--average", 0.9,
    )  # fmt: skip
    expected["half-delayed-training"] = _interrupt(maker, shared, "train", alone.name)
    return expected


def _interrupt(maker: Maker, words: tuple[object, ...], phase: str, name: str) -> dict[str, Any]:
    """Interrupt a command in ``maker``'s folder; return its result without interruption."""
    shared = "--sync" in words
    with tempfile.TemporaryDirectory() as folder:
        undisturbed = Maker(Path(shutil.copytree(maker.folder, Path(folder) / "whole")))
        (undisturbed.run_shared if shared else undisturbed.run)(*words)
        end = _end(undisturbed.folder, phase, name)
    runs = [f"runs/{name}", f"runs/{name}/workers/1/{name}"] if shared else [f"runs/{name}"]
    maker.interrupt(words, [Path(run) / phase for run in runs], shared)
    with tempfile.TemporaryDirectory() as folder:
        resumed = Maker(Path(shutil.copytree(maker.folder, Path(folder) / "resumed")))
        (resumed.run_shared if shared else resumed.run)(*words)
        assert _end(resumed.folder, phase, name) == end, f"{name} resumed ended otherwise"
    return {"command": _words(words), "phase": phase, "run": f"runs/{name}", **end}


def _end(folder: Path, phase: str, name: str) -> dict[str, Any]:
    """Return the deterministic results of a phase, up to rounding."""
    run = folder / "runs" / name
    result = json.loads((run / phase / "result.json").read_text())
    end: dict[str, Any] = {"epochs": _lines(run / phase / "log.jsonl")}
    if phase == "search":
        return {**end, "architecture": result["architecture"]}
    return {**end, "test_accuracy": result["test_accuracy"], "test_loss": result["test_loss"]}


def _labels(folder: Path, run: str) -> dict[str, Any]:
    result = json.loads((folder / run / "search" / "result.json").read_text())
    return {name: result[name] for name in ("architecture", "choices", "parameters")}


def _words(words: tuple[object, ...]) -> list[str]:
    return list(map(str, words))


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


def _commit() -> str:
    completed = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=HERE, capture_output=True, text=True, check=True
    )
    return completed.stdout.strip()


if __name__ == "__main__":
    main()
