"""The training of several workers, each a process that torchrun started."""

from pathlib import Path

import pytest
from nursery import Nursery
from support import lines_of, run_cli
from torchrun import run_workers

from proxyless.runs.trained_run import TrainedRun
from search_spaces import Architecture, Space

EPOCHS = 3
SCHEDULES = {
    "synchronous": ("--delay", 0),
    "delayed": ("--delay", 4, "--period", 2, "--codec", "half"),
}


@pytest.fixture
def run(tmp_path: Path, micro: Space) -> Path:
    """A run with an architecture of one's own."""
    path = tmp_path / "run"
    path.mkdir()
    Architecture.choose(micro, [3, 4, 2, 0]).save(path / "architecture.json")
    return path


@pytest.mark.slow
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_two_workers_end_with_the_same_weights(
    tmp_path: Path, run: Path, images: Path, nursery: Nursery, schedule: str
) -> None:
    run_workers(
        tmp_path / "output", "train", run, "--data", images, "--epochs", EPOCHS, "--batch-size", 8,
        "--mixup", 0.2, "--average", 0.9, "--compute", "cpu", "--compute-threads", 1,
        "--sync", "delayed", *SCHEDULES[schedule], nursery=nursery,
    )  # fmt: skip
    mine, its = (TrainedRun.load(one) for one in (run, run / "workers" / "1" / "run"))
    assert mine.weights.read_bytes() == its.weights.read_bytes()
    assert mine.result == its.result
    assert mine.architecture == its.architecture
    assert lines_of(run / "train" / "log.jsonl") == EPOCHS


def test_a_training_alone_has_no_delay(run: Path, images: Path) -> None:
    outcome = run_cli("train", run, "--data", images, "--delay", 4)
    assert outcome.status == 2
    assert "add --sync delayed" in outcome.stderr


def test_more_workers_than_images_are_refused(
    run: Path, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = {"RANK": 0, "WORLD_SIZE": 50, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": 1}
    for name, value in world.items():
        monkeypatch.setenv(name, str(value))
    outcome = run_cli("train", run, "--data", images, "--sync", "delayed", "--delay", 4)
    assert outcome.status == 2
    assert "are too few for 50 workers" in outcome.stderr
