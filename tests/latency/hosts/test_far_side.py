"""What is sent to remote devices: old Python, and nothing of ours that is not sent too."""

import ast
import json
import select
import subprocess
import sys
from pathlib import Path

import pytest

import latency
from latency import Settings
from latency.hosts.bootstrap import MARK, OLDEST
from latency.hosts.conversation import LOADER, MODULES, RUNNER, measurement_request
from latency.hosts.runner import MOST_UNACKNOWLEDGED
from latency.profiling.programs import OVERHEAD
from latency.runtimes.onnxruntime import OnnxRuntime
from latency.timing.measurement import MeasurementPlan

ENGINES = {"numpy", "onnxruntime", "ai_edge_litert"}
OUTSIDE_LINUX = {"cpuinfo", "psutil"}
FOLDER = Path(latency.__file__).parent.parent
SENT = (*MODULES, RUNNER)


def source(module: str) -> str:
    return FOLDER.joinpath(*module.split(".")).with_suffix(".py").read_text()


@pytest.mark.parametrize("module", SENT)
def test_it_is_python_of_the_oldest_version(module: str) -> None:
    ast.parse(source(module), feature_version=OLDEST)


def test_what_says_that_python_is_too_old_runs_there() -> None:
    ast.parse(source("latency.hosts.bootstrap"), feature_version=(3, 5))


@pytest.mark.parametrize("module", SENT)
def test_it_imports_nothing_that_is_not_there(module: str) -> None:
    package = module.split(".")[:-1]
    for node in ast.walk(ast.parse(source(module))):
        if isinstance(node, ast.ImportFrom) and node.level:
            parents = package[: len(package) - node.level + 1]
            assert ".".join([*parents, node.module or ""]) in SENT
        elif isinstance(node, ast.Import | ast.ImportFrom):
            named = (
                [node.module] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
            )
            roots = {str(name).split(".")[0] for name in named}
            assert roots <= {*sys.stdlib_module_names, *ENGINES, *OUTSIDE_LINUX}


def test_it_waits_for_whoever_asked() -> None:
    """A run that nobody listens to any more must not disturb the one that continues it."""
    plan = MeasurementPlan(0, frozenset((number, OVERHEAD.key) for number in range(1000)))
    command = [sys.executable, "-c", LOADER]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, bufsize=0) as far:
        assert far.stdin is not None
        assert far.stdout is not None
        for part in measurement_request(OnnxRuntime(), [OVERHEAD], Settings(), plan):
            far.stdin.write(part)
        lines = [far.stdout.readline() for _ in range(1 + MOST_UNACKNOWLEDGED + 1)]
        kinds = [json.loads(line.decode().removeprefix(MARK))[0] for line in lines]
        assert kinds == ["started", *["measurement"] * (MOST_UNACKNOWLEDGED + 1)]
        assert not select.select([far.stdout], [], [], 0.3)[0]
        far.stdin.write(b"\n")
        assert b"measurement" in far.stdout.readline()
        assert not select.select([far.stdout], [], [], 0.3)[0]
        far.stdin.close()
        assert far.wait(timeout=10) == 0
