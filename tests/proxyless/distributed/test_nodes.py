"""A search over two machines, each with a torchrun of its own: one's worker is killed."""

import json
from pathlib import Path

import psutil
import pytest
from nursery import Nursery
from support import lines_of
from torchrun import Node, free_port

pytestmark = pytest.mark.slow

EPOCHS = 60


def test_torchrun_gives_a_lost_worker_a_new_life_and_leaves_the_others_alone(
    tmp_path: Path, micro_table: Path, micro_file: Path, images: Path, nursery: Nursery
) -> None:
    runs, port = [tmp_path / "0" / "run", tmp_path / "1" / "run"], free_port()
    nodes = []
    for rank, run in enumerate(runs):
        where = ("--nnodes", "2", "--node-rank", str(rank), "--nproc-per-node", "1")
        store = ("--master-addr", "127.0.0.1", "--master-port", str(port), "--max-restarts", "1")
        nodes.append(
            Node(
                tmp_path / f"output {rank}", (*where, *store), "search", "--space", micro_file,
                "--table", micro_table, "--data", images, "--max-macs", "1M", "--batch-size", 8,
                "--warmup-epochs", 0, "--epochs", EPOCHS, "--interval", 2, "--compute", "cpu",
                "--compute-threads", 1, "--out", run, "--checkpoint-seconds", 0,
                "--sync", "delayed", "--delay", 4, "--period", 2,
                nursery=nursery,
            )
        )  # fmt: skip

    def epochs(rank: int) -> int:
        return lines_of(_log(runs[rank]))

    try:
        nodes[0].wait_until(lambda: min(epochs(0), epochs(1)) > 2)
        (survivor,), (lost,) = nodes[0].workers(), nodes[1].workers()
        lost.kill()
        alone = epochs(0)
        nodes[0].wait_until(lambda: epochs(0) > alone + 2)
        survivor.suspend()  # or it would have ended before the other has even started
        nodes[1].wait_until(lambda: any(asks(one, port) for one in nodes[1].workers()))
        assert nodes[0].workers() == [survivor]
        assert lost not in nodes[1].workers(), "it was never away"
        survivor.resume()
        for node in nodes:
            node.wait()
    finally:
        for node in nodes:
            node.kill()
    found = [(run / "architecture.json").read_bytes() for run in runs]
    results = [json.loads((run / "search" / "result.json").read_text()) for run in runs]
    assert found[0] == found[1]
    assert results[0] == results[1]
    assert epochs(0) == EPOCHS
    written = [json.loads(line)["epoch"] for line in _log(runs[1]).read_text().splitlines()]
    assert written == sorted(set(written)), "an epoch has a line, once, or none if it was away"


def _log(run: Path) -> Path:
    return run / "search" / "log.jsonl"


def asks(worker: psutil.Process, port: int) -> bool:
    """Return whether a worker speaks with the store, as it does to join."""
    return any(one.raddr and one.raddr.port == port for one in worker.net_connections())
