"""Who was to share the work, and cannot, ends with an error that says why, and never alone."""

from pathlib import Path

import pytest
from crew import PLAIN, Crew, model
from nursery import Nursery
from torch.optim import SGD
from torchrun import Node, free_port

from proxyless.distributed import Delayed, DistributedError
from proxyless.distributed.membership.rendezvous import Rendezvous


def trainer(crew: Crew, rank: int) -> Delayed:
    return Delayed(SGD(model().parameters(), lr=0.1), crew.membership(rank), **PLAIN)


def test_one_of_two_to_whom_nobody_comes_does_not_train() -> None:
    one = trainer(Crew(2, timeout=0.3), 0)
    with pytest.raises(DistributedError, match=r"worker 1 \(it did not come"):
        one.join()
    one.membership.close()


def test_one_of_one_trains() -> None:
    one = trainer(Crew(1, timeout=0.3), 0)
    one.join()
    one.step()
    one.leave()
    assert (one.position, one.shared_rounds, one.alone_since) == (1, 0, None)


def test_what_keeps_another_away_is_said_at_once() -> None:
    crew = Crew(2, timeout=30.0)
    one = trainer(crew, 0)
    Rendezvous(one.membership.rendezvous.store, 1).tell_fault("`interface` \x1b[2J is none")
    with pytest.raises(DistributedError, match=r"worker 1 \(`interface` \?\[2J is none\)"):
        one.join()
    one.membership.close()


def test_one_whose_peer_dies_before_the_first_round_does_not_train_alone() -> None:
    crew = Crew(2, timeout=1.0)

    def work(rank: int) -> str:
        one = trainer(crew, rank)
        one.join()
        if rank == 1:
            one.membership.close()
            return ""
        try:
            for _ in range(10):
                one.step()
        except DistributedError as refused:
            return str(refused)
        finally:
            one.membership.close()
        return "trained alone"

    assert "worker 0 has shared no round with any other" in crew.run(work)[0]


def test_one_that_goes_on_alone_says_so_and_keeps_it(caplog: pytest.LogCaptureFixture) -> None:
    crew = Crew(2, timeout=1.0)

    def work(rank: int) -> Delayed:
        one = trainer(crew, rank)
        one.join()
        for _ in range(10 if rank == 0 else 4):
            one.step()
        if rank == 1:
            one.membership.close()
        else:
            one.leave()
        return one

    with caplog.at_level("WARNING"):
        left, _ = crew.run(work)
    assert f"rounds {left.alone_since} to 10 are of this worker's images alone" in caplog.text
    assert left.state_dict()["shared"] == left.shared_rounds > 0


@pytest.mark.slow
def test_a_worker_with_another_interface_ends_both_with_the_reason(
    tmp_path: Path, micro_table: Path, micro_file: Path, images: Path, nursery: Nursery
) -> None:
    port, nodes = free_port(), []
    for rank in range(2):
        where = ("--nnodes", "2", "--node-rank", str(rank), "--nproc-per-node", "1")
        store = ("--master-addr", "127.0.0.1", "--master-port", str(port))
        nodes.append(
            Node(
                tmp_path / f"output {rank}", (*where, *store), "search", "--space", micro_file,
                "--table", micro_table, "--data", images, "--max-macs", "1M", "--batch-size", 8,
                "--warmup-epochs", 0, "--epochs", 2, "--interval", 2, "--compute", "cpu",
                "--compute-threads", 1, "--out", tmp_path / str(rank) / "run", "--timeout", 10,
                "--sync", "delayed", "--delay", 4, *(("--interface", "nope0") if rank else ()),
                nursery=nursery,
            )
        )  # fmt: skip
    try:
        statuses = [node.process.wait(120) for node in nodes]
    finally:
        for node in nodes:
            node.kill()
    assert 0 not in statuses
    outputs = [node.output.read_text().replace("\n", " ") for node in nodes]
    assert "--interface 'nope0' is none of this machine" in outputs[1]
    assert "worker 0 has shared no round with any other" in outputs[0]
    assert "'nope0' is none of this machine" in outputs[0]
    assert not (tmp_path / "1" / "run").exists(), "nothing was begun"
