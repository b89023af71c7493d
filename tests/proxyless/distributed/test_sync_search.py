"""The search of several workers, each a process that torchrun started."""

import json
from pathlib import Path

import pytest
from support import run_cli
from torchrun import run_workers


@pytest.mark.slow
def test_two_workers_find_the_same_network(
    tmp_path: Path, micro_table: Path, micro_file: Path, images: Path
) -> None:
    run = tmp_path / "run"
    run_workers(
        tmp_path / "output", "search", "--space", micro_file, "--table", micro_table,
        "--data", images, "--max-macs", "1M", "--batch-size", 8, "--warmup-epochs", 1,
        "--epochs", 2, "--interval", 2, "--compute", "cpu", "--compute-threads", 1, "--out", run,
        "--sync", "delayed", "--delay", 4, "--period", 2, "--codec", "half",
    )  # fmt: skip
    other = run / "workers" / "1" / "run"
    assert (run / "architecture.json").read_bytes() == (other / "architecture.json").read_bytes()
    mine, its = (json.loads((one / "search/result.json").read_text()) for one in (run, other))
    assert mine == its
    assert mine["architecture_updates"] > 0


def test_sync_without_torchrun_says_how_to_start() -> None:
    outcome = run_cli("search", "--sync", "delayed", "--delay", 4, "--max-macs", "1M")
    assert outcome.status == 2
    assert "torchrun" in outcome.stderr


def test_sync_needs_a_delay() -> None:
    outcome = run_cli("search", "--sync", "delayed", "--max-macs", "1M")
    assert outcome.status == 2
    assert "proxyless plan" in outcome.stderr
