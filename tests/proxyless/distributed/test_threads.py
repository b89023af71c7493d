"""An exception in any thread of a worker is raised in its training, and nobody stands still."""

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from crew import PLAIN, Crew, batch, model
from torch.optim import SGD

from proxyless.distributed import Delayed, DistributedError
from proxyless.distributed.membership.commit_log import CommitLog, DisorderError
from proxyless.distributed.membership.monitor import Monitor
from proxyless.distributed.membership.rendezvous import Rendezvous
from proxyless.distributed.membership.rounds import Rounds
from proxyless.distributed.membership.sums import Sums
from proxyless.distributed.transport.link import FRAME_BYTES, HEADER, Kind, Link, _Header
from proxyless.distributed.transport.peers import Peers
from proxyless.distributed.transport.reduction import Reduction
from proxyless.distributed.transport.watched_thread import WatchedThread
from proxyless.distributed.transport.world import World

STEPS = 60


class BoomError(Exception):
    """What nobody foresaw."""


def boom(*_: Any, **__: Any) -> Any:
    raise BoomError


def train(crew: Crew, rank: int, steps: int, **settings: Any) -> Delayed:
    """Train from the start to the end."""
    network = model()
    optimizer = SGD(network.parameters(), lr=0.05, momentum=0.9)
    trainer = Delayed(optimizer, crew.membership(rank), **{**PLAIN, **settings})
    try:
        trainer.join()
        while trainer.position < steps:
            inputs, labels = batch(trainer.position, rank)
            optimizer.zero_grad()
            F.cross_entropy(network(inputs), labels).backward()
            trainer.step()
        trainer.leave()
    finally:
        trainer.membership.close()
    return trainer


def test_what_ends_a_thread_is_handed_on() -> None:
    ended: list[Exception] = []
    thread = WatchedThread("name", ended.append, boom)
    thread.start()
    thread.join()
    assert isinstance(ended[0], BoomError)
    assert "in the thread 'name'" in ended[0].__notes__


PLACES: dict[str, tuple[type, str]] = {
    "membership: heartbeats to others": (Rounds, "send_heartbeat"),
    "membership: who is late": (Rounds, "suspect_late"),
    "membership: signs of life in the store": (Rendezvous, "heartbeat"),
    "membership: whether a view ends": (Monitor, "_is_ending"),
    "link: what arrives": (Rounds, "deliver"),
    "link: all of it": (Link, "_deliver_all"),
    "links: opening them, one after the other": (Peers, "_add"),
    "links: opening one": (World, "open_group"),
}


@pytest.mark.parametrize("place", PLACES)
def test_an_exception_in_a_thread_ends_the_training(
    monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setattr(*PLACES[place], boom)
    crew = Crew(2, timeout=1.5)

    def work(rank: int) -> str:
        try:
            train(crew, rank, 10**6)
        except (BoomError, DistributedError) as error:
            return type(error).__name__
        return "went on"

    assert "BoomError" in crew.run(work)


@pytest.mark.parametrize("place", ["_begin_asked", "_finish_all"])
def test_an_exception_in_a_thread_of_sums_ends_the_training(
    monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setattr(Reduction, place, boom)
    crew = Crew(3, timeout=1.5)

    def work(rank: int) -> str:
        try:
            train(crew, rank, 10**6, transport="ring")
        except (BoomError, DistributedError) as error:
            return type(error).__name__
        return "went on"

    assert "BoomError" in crew.run(work)


def test_what_fails_between_two_views_ends_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where a store says that a view ended with a round that this worker does not have.

    The other worker has left early: who needs it still does not wait for ever.
    """
    crew = Crew(2, timeout=1.5)

    def work(rank: int) -> str:
        if rank == 1:
            train(crew, rank, 10)
            return "left"
        monkeypatch.setattr(Rounds, "settle", boom)
        with pytest.raises(BoomError):
            train(crew, rank, 10**6)
        return "ended"

    assert crew.run(work) == ["ended", "left"]


def test_who_waits_for_somebody_says_for_whom(caplog: pytest.LogCaptureFixture) -> None:
    crew, go = Crew(2, timeout=1.0), Event()

    def work(rank: int) -> None:
        optimizer = SGD(model().parameters(), lr=0.05)
        trainer = Delayed(optimizer, crew.membership(rank), **PLAIN)
        trainer.join()
        if rank == 1:
            go.wait(2.5)
        trainer.step()
        go.set()
        trainer.leave()

    with caplog.at_level("INFO"):
        crew.run(work)
    assert "waiting for worker 1 (round 1)" in caplog.text


def headers(*frames: tuple[int, ...]) -> list[_Header]:
    return [_Header(*HEADER.unpack(HEADER.pack(*frame))) for frame in frames]


@pytest.mark.parametrize(
    ("frames", "word"),
    [
        ([(9, 1, 1, 4, 0, 4)], "unknown kind 9"),
        ([(0, 1, 1, 2**32 - 1, 0, FRAME_BYTES)], "at most 100000"),
        ([(1, 1, 1, 4, 0, 4)], "at most"),
        ([(0, 1, -1, 4, 0, 4)], "frame"),
        ([(0, 1, 1, 4, 4, 0)], "another order"),
        ([(0, 1, 1, 4, 0, 3)], "3 bytes instead of 4"),
        ([(0, 1, 1, 4, 0, 2**32 - 1)], "instead of 4"),
        ([(0, 1, 1, 50_000, 0, 0)], "0 bytes instead"),
        ([(0, 1, 1, 50_000, 0, FRAME_BYTES), (0, 1, 2, 50_000, FRAME_BYTES, 9)], "another order"),
        ([(0, 1, 1, 50_000, 0, FRAME_BYTES), (2, 1, 1, 50_000, FRAME_BYTES, 9)], "another order"),
        ([(0, 1, 1, 50_000, 0, FRAME_BYTES), (0, 1, 1, 90_000, FRAME_BYTES, 9)], "another order"),
    ],
)
def test_frames_that_no_worker_sends_are_told(frames: list[tuple[int, ...]], word: str) -> None:
    found, received = headers(*frames), 0
    for header in found[:-1]:
        assert header.fault(found[0], received, 100_000) == ""
        received += header.length
    assert word in found[-1].fault(found[0], received, 100_000)


@pytest.mark.parametrize(
    "say",
    [
        lambda log: log.contribute(1, 3, torch.empty(0)),
        lambda log: log.contribute(1, 1, torch.empty(0)),
        lambda log: log.contribute(7, 2, torch.empty(0)),
        lambda log: log.acknowledge(1, 9),
        lambda log: log.acknowledge(1, 0),
        lambda log: log.acknowledge(7, 1),
    ],
)
def test_rounds_out_of_turn_are_told(say: Callable[[CommitLog], object]) -> None:
    log = CommitLog(1, range(2), 0, 0)
    for rank in range(2):
        log.contribute(rank, 1, torch.empty(0))
        log.acknowledge(rank, 1)
    with pytest.raises(DisorderError):
        say(log)


@pytest.mark.parametrize("last", [0, 3, 10**9])
def test_a_view_ends_between_what_is_committed_and_what_is_complete(last: int) -> None:
    log = CommitLog(1, range(2), 0, 0)
    for round_ in (1, 2):
        for rank in range(2):
            log.contribute(rank, round_, torch.empty(0))
    log.acknowledge(1, 1)
    assert [commit.round for commit in log.take_commits()] == [1]
    log.freeze()
    with pytest.raises(DistributedError, match="view 1 ended with round"):
        log.settle(last)
    assert [commit.round for commit in log.settle(2)] == [2]


def test_a_peer_that_sends_what_no_worker_can_send_is_given_up() -> None:
    """Its worker goes on with the others, and alone where it has shared rounds before."""
    crew = Crew(2, timeout=1.5)

    def work(rank: int) -> Delayed | str:
        if rank == 0:
            return train(crew, rank, STEPS)
        optimizer = SGD(model().parameters(), lr=0.05, momentum=0.9)
        trainer = Delayed(optimizer, crew.membership(rank), **PLAIN)
        trainer.join()
        for _ in range(10):
            optimizer.zero_grad()
            trainer.step()
        rounds = trainer.membership.rounds
        rounds.peers.send([0], Kind.DATA, trainer.membership.view.number, 999)
        trainer.membership.monitor.stop()
        return "lied"

    left, _ = crew.run(work)
    assert isinstance(left, Delayed)
    assert left.position == STEPS
    assert (left.shared_rounds, left.alone_since) == (10, 11)
    assert "it sent what no worker can send" in left.membership.described_missing()


def test_sums_tell_of_what_ends_their_threads() -> None:
    """That a sum cannot be made is a fault of this worker, and no lost peer."""
    told, ended = [], Event()

    def failed(error: Exception) -> None:
        told.append(error)
        ended.set()

    sums = Sums(1.0, boom, lambda _: None, boom, boom, failed)
    reduction = sums._reduction_of(None)  # type: ignore[arg-type]
    reduction.add(1, boom)
    assert ended.wait(5)
    assert isinstance(told[0], BoomError)
