"""A package of somebody else's is installed, and searched with: nothing of ours changes for it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from offered import THIRD_PARTY
from support import Outcome

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SESSION = Path(__file__).with_name("session.py")
RUNTIME = "torch-contiguous"
FAST = ("--compute", "cpu", "--batch-size", 64)
Session = Callable[..., list[Outcome]]
GHOSTS = """
format = 1
name = "ghosts"
classes = 10
input = { channels = 1, resolution = 8 }
stem = { width = 8 }
first_block = { width = 8 }
candidates = { expansions = [], kernels = [], operations = ["ghost"] }
stages = [{ width = 8, depth = 2 }, { width = 16, depth = 2, stride = 2 }]
head = { width = 32 }
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the package is installed into."""
    folder = tmp_path_factory.mktemp("packages")
    options = ("--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--target", folder)
    subprocess.run((sys.executable, "-m", "pip", "install", *options, THIRD_PARTY), check=True)
    return folder


@pytest.fixture
def session(packages: Path, tmp_path: Path) -> Session:
    """Runs commands in a process of their own, which finds the package."""

    def run(*commands: Sequence[object]) -> list[Outcome]:
        paths = (packages, ROOT, ROOT / "tests")
        done = subprocess.run(
            (sys.executable, SESSION, json.dumps(commands, default=str)),
            capture_output=True, text=True, check=False, cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return [Outcome(*outcome) for outcome in json.loads(done.stdout.splitlines()[-1])]

    return run


def profile_of(space: str, runtime: str = RUNTIME) -> tuple[object, ...]:
    task = ("--space", space, "--data", "digits", "--table", "table.db", "--runtime", runtime)
    return ("profile", *task, "--rounds", 1, "--processes", 1, "--json")


def search_of(space: str, target: float) -> tuple[object, ...]:
    table = ("--table", "table.db", "--runtime", RUNTIME, "--target-ms", target)
    epochs = ("--warmup-epochs", 1, "--epochs", 2)
    return ("search", "--space", space, "--data", "digits", *table, *epochs, *FAST, "--out", "run")


TRAIN = ("train", "run", "--epochs", 1, *FAST)


def target_of(profiled: Outcome) -> float:
    assert profiled.status == 0, profiled.stderr
    found = json.loads(profiled.stdout)
    assert found["runtime"].startswith(RUNTIME)
    return float(found["fastest_ms"] + found["slowest_ms"]) / 2


def kinds_of(run: Path) -> set[str]:
    return {
        one["kind"] for one in json.loads((run / "architecture.json").read_text())["operations"]
    }


def test_operations_with_layers_go_all_the_way(session: Session, tmp_path: Path) -> None:
    (profiled,) = session(profile_of("fused"))
    outcomes = session(
        search_of("fused", target_of(profiled)), TRAIN,
        ("export", "run", "--no-measure"), ("report", "run"), ("tables", "show", "table.db"),
    )  # fmt: skip
    assert [one.status for one in outcomes] == [0] * 5, [one.stderr for one in outcomes]
    assert "fused-mbconv" in kinds_of(tmp_path / "run")
    page = (tmp_path / "run" / "report.html").read_text()
    assert "Fused-MBConv, expansion" in page
    assert "FMB2 3\N{MULTIPLICATION SIGN}3" in page
    assert (tmp_path / "run" / "model.onnx").stat().st_size > 1000
    assert "FMB1_3x3 skip" in outcomes[-1].stdout


def test_operations_with_a_module_alone_stay_on_pytorch(session: Session, tmp_path: Path) -> None:
    (tmp_path / "ghosts.toml").write_text(GHOSTS)
    refused, profiled = session(profile_of("ghosts.toml", "onnxruntime"), profile_of("ghosts.toml"))
    assert refused.status == 2
    assert "operation Ghost (ghost) has no layers, only a PyTorch module" in refused.stderr
    *done, export = session(
        search_of("ghosts.toml", target_of(profiled)), TRAIN, ("report", "run"), ("export", "run")
    )
    assert [one.status for one in done] == [0] * 3, [one.stderr for one in done]
    assert "ghost" in kinds_of(tmp_path / "run")
    assert ">Ghost</li>" in (tmp_path / "run" / "report.html").read_text()
    assert export.status == 2
    assert "there can be no onnx file" in export.stderr
    assert not (tmp_path / "run" / "model.onnx").exists()


def test_a_name_is_offered_like_ours(session: Session) -> None:
    listed, unknown, runtime = session(
        ("spaces", "--json"), ("spaces", "fussed"), profile_of("tiny", "torch-contigous")
    )
    assert {"fused", "ghostly", "tiny"} <= {one["space"] for one in json.loads(listed.stdout)}
    assert "(did you mean fused?)" in unknown.stderr
    assert unknown.status == runtime.status == 2
    assert RUNTIME in runtime.stderr
