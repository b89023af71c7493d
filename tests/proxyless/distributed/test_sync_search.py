"""The search of several workers, each a process that torchrun started."""

import json
import subprocess
import sys
from pathlib import Path

from support import run_cli


def searched(tmp_path: Path, table: Path, space: Path, images: Path, *options: str) -> Path:
    run = tmp_path / "run"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", "-m", "proxyless", "search", "--space", str(space)]
    command += ["--table", str(table), "--data", str(images), "--max-macs", "1M"]
    command += ["--batch-size", "8"]
    command += ["--warmup-epochs", "1", "--epochs", "2", "--interval", "2", "--compute", "cpu"]
    command += ["--compute-threads", "1", "--out", str(run), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return run


def test_two_workers_find_the_same_network(
    tmp_path: Path, micro_table: Path, micro_file: Path, images: Path
) -> None:
    options = ["--sync", "delayed", "--delay", "4", "--period", "2", "--codec", "half"]
    run = searched(tmp_path, micro_table, micro_file, images, *options)
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
