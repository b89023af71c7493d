import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
import torch.nn.functional as F
from crew import PLAIN, Crew, batch, model
from torch.distributed import HashStore
from torch.optim import SGD

from proxyless.distributed import Delayed, DistributedError, Membership
from proxyless.distributed.membership.rendezvous import Rendezvous
from proxyless.distributed.membership.view import Report, View, decide, given_up

STEPS = 40


class Worker:
    """One that keeps the digests of its base, round by round."""

    def __init__(self, crew: Crew, rank: int, **settings: Any) -> None:
        self.network = model()
        self.digests: dict[int, str] = {}
        optimizer = SGD(self.network.parameters(), lr=0.05, momentum=0.9)
        self.trainer = Delayed(
            optimizer, crew.membership(rank), on_commit=self.note, **{**PLAIN, **settings}
        )
        self.rank = rank
        self.trainer.join()

    def note(self, round_: int) -> None:
        self.digests[round_] = self.trainer.digest()

    def train(self, until: int) -> None:
        while self.trainer.position < until:
            inputs, labels = batch(self.trainer.position, self.rank)
            self.trainer.optimizer.zero_grad()
            F.cross_entropy(self.network(inputs), labels).backward()
            self.trainer.step()


def vanish(membership: Membership) -> None:
    """Fall silent without a word, as a machine that is cut off."""
    membership.monitor.stopping.set()
    for link in membership.rounds.peers.links.values():
        link._closed = True


def check_alike(workers: list[Worker]) -> None:
    for one in workers:
        for other in workers:
            both = one.digests.keys() & other.digests.keys()
            assert {n: one.digests[n] for n in both} == {n: other.digests[n] for n in both}


RING = {"delay": 2, "transport": "ring"}


@pytest.mark.parametrize("settings", [{}, {"delay": 4}, {"delay": 4, "period": 2}, RING])
@pytest.mark.parametrize("lost", [0, 2])
def test_the_others_go_on_when_one_falls_silent(settings: dict[str, Any], lost: int) -> None:
    crew = Crew(3, timeout=1.5)

    def work(rank: int) -> Worker:
        worker = Worker(crew, rank, **settings)
        worker.train(10 if rank == lost else STEPS)
        if rank == lost:
            vanish(worker.trainer.membership)
        else:
            worker.trainer.leave()
        return worker

    workers = crew.run(work)
    left = [worker for worker in workers if worker.rank != lost]
    assert len({one.trainer.digest() for one in left}) == 1
    assert all(one.trainer.committed_position == STEPS for one in left)
    for one in left:  # the other of the two may have ended, and left, before this one looks
        members = set(one.trainer.membership.view.members)
        assert one.rank in members
        assert lost not in members
    check_alike(workers)


@pytest.mark.parametrize("settings", [{}, {"delay": 4, "period": 2}, RING])
def test_one_that_comes_back_fetches_the_base_and_goes_on(settings: dict[str, Any]) -> None:
    crew = Crew(3, timeout=1.5)

    def work(rank: int) -> list[Worker]:
        worker = Worker(crew, rank, **settings)
        lives = [worker]
        if rank == 1:
            worker.train(10)
            vanish(worker.trainer.membership)
            lives.append(Worker(crew, rank, **settings))
        lives[-1].train(STEPS)
        lives[-1].trainer.leave()
        return lives

    lives = crew.run(work)
    workers = [worker for one in lives for worker in one]
    check_alike(workers)
    assert len({one[-1].trainer.digest() for one in lives}) == 1
    assert all(one[-1].trainer.committed_position == STEPS for one in lives)


def test_one_that_has_finished_gives_its_base_to_one_that_has_not() -> None:
    """Both were stopped when one had all but left, and were started again."""
    first, again = Crew(2, timeout=1.5), Crew(2)

    def until_the_end(rank: int) -> Worker:
        worker = Worker(first, rank)
        worker.train(STEPS)
        worker.trainer.leave()
        return worker

    finished = first.run(until_the_end)[1].trainer

    def work(rank: int) -> Delayed:
        optimizer = SGD(model().parameters(), lr=0.05, momentum=0.9)
        trainer = Delayed(optimizer, again.membership(rank))
        if rank == 1:
            trainer.load_state_dict(finished.state_dict())
        trainer.join()
        trainer.leave()
        return trainer

    late, early = again.run(work)
    assert late.position == STEPS
    assert late.digest() == early.digest() == finished.digest()


def test_a_later_process_takes_the_place_of_an_earlier() -> None:
    """One that goes on without its torchrun, when the node is started again."""
    crew, started = Crew(2, timeout=1.5), Event()

    def train_slowly(worker: Worker) -> None:
        for position in range(1, STEPS):
            worker.train(position)
            if position == 5:
                started.set()
            time.sleep(0.2)

    def work(place: int) -> Worker | str:
        if place == 2:
            started.wait()
        worker = Worker(crew, min(place, 1))
        if place == 1:
            with pytest.raises(
                DistributedError, match="another process was started as worker 1"
            ) as info:
                train_slowly(worker)
            return str(info.value)
        worker.train(STEPS)
        worker.trainer.leave()
        return worker

    with ThreadPoolExecutor(3) as pool:
        first, refused, second = pool.map(work, range(3))
    assert isinstance(refused, str)
    assert "--node-rank" in refused
    assert isinstance(first, Worker)
    assert isinstance(second, Worker)
    assert first.trainer.digest() == second.trainer.digest()


def test_leaving_waits_for_every_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """One inside the store when Python ends would take the process down."""
    worker = Worker(Crew(1), 0)
    membership, asking = worker.trainer.membership, Event()

    def beat(_: int) -> None:
        asking.set()
        time.sleep(0.5)

    monkeypatch.setattr(membership.rendezvous, "heartbeat", beat)
    asking.wait()
    worker.trainer.leave()
    assert not membership.monitor.running


def reports(**given: tuple[int, tuple[int, ...]]) -> dict[int, Report]:
    return {
        int(name[1:]): Report(round_, suspects=suspects)
        for name, (round_, suspects) in given.items()
    }


def test_survivors_commit_what_all_of_them_completed() -> None:
    view = decide(4, reports(w0=(7, (2,)), w1=(6, (2,)), w3=(8, ())))
    assert view == View(4, (0, 1, 3), 6, (), (), 0)


def test_of_two_who_miss_each_other_the_lower_rank_stays() -> None:
    assert decide(2, reports(w0=(1, (1,)), w1=(1, (0,)))).members == (0,)


def test_the_one_that_most_miss_goes() -> None:
    view = decide(2, reports(w0=(5, (1,)), w1=(5, ()), w2=(5, (1,)), w3=(5, ())))
    assert view.members == (0, 2, 3)


def test_those_who_join_fetch_from_a_member() -> None:
    made = {**reports(w2=(5, ())), 0: Report(9, "old", joining=True)}
    assert decide(3, made) == View(3, (0, 2), 5, (0,), (0,), 2)


def test_where_nobody_is_left_the_furthest_checkpoint_is_followed() -> None:
    made = {
        0: Report(3, "a", joining=True),
        1: Report(5, "b", joining=True),
        2: Report(5, "b", joining=True),
    }
    assert decide(1, made) == View(1, (0, 1, 2), 5, (0, 1, 2), (0,), 1)


def test_given_up_is_whom_most_members_and_all_who_have_reported_suspect() -> None:
    made = {**reports(w0=(5, (1, 3)), w2=(5, (3,))), 4: Report(5, joining=True)}
    assert given_up(made, 3) == {3}
    assert given_up(made, 4) == set(), "two of four are not most"
    assert given_up({4: Report(5, joining=True)}, 1) == set()


def test_who_suspects_all_others_waits_for_them_and_goes() -> None:
    store = HashStore()

    def agree(rank: int) -> View:
        if rank > 0:
            time.sleep(0.3)
        report = Report(5, suspects=(1, 2, 3) if rank == 0 else ())
        return Rendezvous(store, rank).agree(2, lambda: report, {0, 1, 2, 3}, patience=60)

    with ThreadPoolExecutor(4) as pool:
        assert {view.members for view in pool.map(agree, range(4))} == {(1, 2, 3)}


def test_nobody_waits_for_whom_all_suspect_who_are_left() -> None:
    """Though one of them finds out only while it waits."""
    store, members = HashStore(), {0, 1, 2, 3}
    found_out = Event()

    def agree(rank: int) -> View:
        def report() -> Report:
            missed = rank != 1 or found_out.is_set()
            if rank == 1:
                found_out.set()
            return Report(5 + rank, suspects=(3,) if missed else ())

        return Rendezvous(store, rank).agree(2, report, members, patience=60)

    began = time.monotonic()
    with ThreadPoolExecutor(3) as pool:
        views = list(pool.map(agree, range(3)))
    assert time.monotonic() - began < 30
    assert views == [View(2, (0, 1, 2), 5, (), (), 0)] * 3
