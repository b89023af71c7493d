"""What is built, installed: bare and with each extra, on every Python at hand, outside the tree.

Built as it is released (source distribution, and the wheel from that). pip installs it into empty
environments, where it is used from first to last; ``--quick`` links the packages of this
environment instead (see :mod:`benchmarks.closure`), on this Python, and computes nothing. On a
Python for which there is only a torch of gigabytes, what needs no torch is run; its row says so.
"""

import resource
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.closure import linked_environment
from benchmarks.environment import Done, Environment, build
from benchmarks.harness import Figures, Rows, main
from benchmarks.pythons import Version, pip_environment, pythons

EXTRAS = ("", "tflite", "tensorboard")
REPETITIONS = 5
PLAN = "plan --step-ms 25 --round-trip-ms 120 --bandwidth-mbps 640 --gradient-bytes 128KB"
START = (
    "--help", "--version", "spaces", "spaces tiny", "zoo list", "zoo show proxyless_mobile", PLAN
)  # fmt: skip
"""What computes nothing: it needs no torch."""
IMPORTS = {
    "": "search_spaces, latency, proxyless, exported_models",
    "tflite": "ai_edge_litert.interpreter, litert_quantizer.quantizer, flatbuffers",
    "tensorboard": "tensorboard.summary",
}
"""What each extra is for, and what is there without any: also where no torch is."""
TASK = "--space tiny --data digits --table table.db"
WORK = (
    f"profile {TASK} --rounds 1",
    f"search {TASK} --max-params 200000 --out run --warmup-epochs 1 --epochs 2 --interval 4",
    "train run --epochs 1",
    "export run",
    "benchmark run/model.onnx --rounds 1",
    "report run",
)
OF_EXTRAS = {
    "": (),
    "tflite": (
        f"profile {TASK} --runtime litert --rounds 1",
        "export run --format tflite",
        "benchmark run/model.tflite --rounds 1",
    ),
    "tensorboard": (
        f"search {TASK} --max-params 200000 --out logged --warmup-epochs 1 --epochs 2 --interval 4 "
        "--tensorboard",
    ),
}


def measure(quick: bool) -> tuple[Figures, Rows]:
    """Install everywhere; ``failures`` counts commands, and environments that pip cannot make."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        _, wheel = build(folder / "dist")
        bare = linked_environment(folder / "bare", wheel)
        figures = {
            "import_seconds_cpu": _cpu_seconds(bare, folder, bare.python, "-c", "import proxyless"),
            "help_seconds_cpu": _cpu_seconds(bare, folder, bare.command, "--help"),
            "wheel_mb": wheel.stat().st_size / 1e6,
            "installed_packages": len(bare.packages),
        }
        rows: Rows = []
        for version, python in pythons().items():
            if not quick or version == sys.version_info[:2]:
                for extra in EXTRAS:
                    print(f"Python {version} [{extra}] ...", file=sys.stderr, flush=True)
                    rows += _tried(folder, wheel, version, python, extra, quick)
        failures = sum(not row["works"] for row in rows)
        return {"failures": failures, **figures}, rows


def _tried(
    folder: Path, wheel: Path, version: Version, python: Path, extra: str, quick: bool
) -> Rows:
    """Install with one extra or none, and run what there is to run: a row a command."""
    name = f"{version[0]}.{version[1]}"
    with tempfile.TemporaryDirectory(dir=folder) as place:
        about = {"python": name, "extra": extra, "by": "links" if quick else "pip"}
        try:
            if quick:
                made = linked_environment(Path(place) / "environment", wheel, extra)
            else:
                made = pip_environment(Path(place) / "environment", python, wheel, extra)
        except RuntimeError as error:
            return [{**about, "command": "install", "works": False, "said": str(error)}]
        about["torch"] = made.packages.get("torch", "left out: it would bring gigabytes for a GPU")
        commands = list(START)
        if not quick and "torch" in made.packages:
            commands += [*WORK, *OF_EXTRAS[extra]]
        work = Path(place) / "work"
        work.mkdir()
        imports = f"import {IMPORTS[extra]}"
        tried = {imports: made.run(made.python, "-c", imports, folder=work)}
        for command in commands:
            tried[command] = made.run(made.command, *command.split(), folder=work)
        return [
            {**about, "command": command, "works": done.returncode == 0, "said": _said(done)}
            for command, done in tried.items()
        ]


def _said(done: Done) -> str:
    """Return a failed command's last words."""
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or [""])[-1]


def _cpu_seconds(environment: Environment, folder: Path, *command: object) -> float:
    """Return the processor time of a command, the median of several runs after a first."""
    taken: Sequence[float] = [_one(environment, folder, command) for _ in range(REPETITIONS + 1)]
    return statistics.median(taken[1:])


def _one(environment: Environment, folder: Path, command: Sequence[object]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = environment.run(*command, folder=folder)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise RuntimeError(f"{command} failed: {_said(done)}")
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


if __name__ == "__main__":
    main("install", measure)
