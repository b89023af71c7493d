"""All workers of a run are killed, torchrun too; the same command continues it."""

import json
import shutil
from pathlib import Path

import pytest
from nursery import Nursery
from support import lines_of
from torchrun import ONE_MACHINE, Node, run_workers

from search_spaces import Architecture, Space

pytestmark = pytest.mark.slow

EPOCHS = 20
KILLED_AFTER = 4
SHARED = (
    "--epochs", EPOCHS, "--batch-size", 8, "--compute", "cpu", "--compute-threads", 1,
    "--checkpoint-seconds", 0, "--sync", "delayed", "--delay", 3, "--period", 2,
)  # fmt: skip


@pytest.fixture
def search(micro_file: Path, micro_table: Path, images: Path) -> tuple[object, ...]:
    """A search, all but where to."""
    data = ("--space", micro_file, "--table", micro_table, "--data", images)
    aims = ("--max-macs", "1M", "--warmup-epochs", 1, "--interval", 2)
    return ("search", *data, *aims, *SHARED)


def run_broken(nursery: Nursery, folder: Path, run: Path, *command: object) -> None:
    """Kill everyone in the middle, let a worker have an older checkpoint, and start again."""
    verb = command[0]
    mine, its = run / f"{verb}", run / "workers" / "1" / "run" / f"{verb}"
    older = folder / "older.pt"
    node = Node(folder / "output of the first", ONE_MACHINE, *command, nursery=nursery)
    try:
        node.wait_until((its / "checkpoint.pt").exists)
        shutil.copy(its / "checkpoint.pt", older)
        node.wait_until(
            lambda: min(lines_of(one / "log.jsonl") for one in (mine, its)) > KILLED_AFTER
        )
    finally:
        node.kill()
    before, its_before = epochs_of(mine), epochs_of(its)
    shutil.copy(older, its / "checkpoint.pt")
    run_workers(folder / "output of the second", *command, nursery=nursery)
    after = epochs_of(mine)
    assert after[:KILLED_AFTER] == before[:KILLED_AFTER]
    assert [line["epoch"] for line in after] == list(range(len(after)))
    its_after = epochs_of(its)
    assert [line["epoch"] for line in its_after] == [line["epoch"] for line in after]
    followed = its_after[:KILLED_AFTER] == its_before[:KILLED_AFTER]
    assert followed, "who had the older checkpoint repeated epochs, and did not follow"


def epochs_of(folder: Path) -> list[dict[str, float]]:
    """Return the log: each line has the seconds that its epoch took, so that no two are alike."""
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def test_a_search_goes_on_from_the_furthest_checkpoint_as_if_nothing_had_been(
    tmp_path: Path, search: tuple[object, ...], nursery: Nursery
) -> None:
    whole, broken = tmp_path / "whole" / "run", tmp_path / "broken" / "run"
    run_workers(tmp_path / "output of the whole", *search, "--out", whole, nursery=nursery)
    run_broken(nursery, tmp_path, broken, *search, "--out", broken)
    for file in ("architecture.json", "search/result.json"):
        expected = (whole / file).read_bytes()
        assert (broken / file).read_bytes() == expected
        assert (broken / "workers" / "1" / "run" / file).read_bytes() == expected


def test_a_training_goes_on_from_the_furthest_checkpoint(
    tmp_path: Path, micro: Space, images: Path, nursery: Nursery
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    Architecture.choose(micro, [3, 4, 2, 0]).save(run / "architecture.json")
    run_broken(nursery, tmp_path, run, "train", run, "--data", images, "--average", 0.9, *SHARED)
    for file in ("weights.safetensors", "result.json"):
        expected = (run / "train" / file).read_bytes()
        assert (run / "workers" / "1" / "run" / "train" / file).read_bytes() == expected
