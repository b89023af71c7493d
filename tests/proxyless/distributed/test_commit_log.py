"""The commit rule, under crashes at any moment: whoever committed a round, all agree on it."""

import torch
from hypothesis import given, strategies as st

from proxyless.distributed.membership.commit_log import CommitLog

WORKERS, ROUNDS = 3, 4
NOTHING = torch.empty(0)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, int, int]]:
    """Moves: a worker contributes, or takes the next message from another."""
    workers = st.integers(0, WORKERS - 1)
    move = st.tuples(st.sampled_from(["contribute", "receive"]), workers, workers)
    return draw(st.lists(move, max_size=120))


@given(histories(), st.sets(st.integers(0, WORKERS - 1), max_size=WORKERS - 1))
def test_survivors_commit_all_that_anyone_has_committed(
    moves: list[tuple[str, int, int]], dead: set[int]
) -> None:
    logs = [CommitLog(1, range(WORKERS), me, 0) for me in range(WORKERS)]
    wires: dict[tuple[int, int], list[tuple[str, int]]] = {
        (a, b): [] for a in range(WORKERS) for b in range(WORKERS) if a != b
    }
    posted = [0] * WORKERS
    committed = [0] * WORKERS

    def tell(sender: int, what: str, number: int) -> None:
        for receiver in range(WORKERS):
            if receiver != sender:
                wires[sender, receiver].append((what, number))

    def advance(worker: int, more: bool) -> None:
        if more:
            tell(worker, "acknowledged", logs[worker].completed)
        for commit in logs[worker].take_commits():
            assert commit.round == committed[worker] + 1
            assert sorted(commit.contributions) == list(range(WORKERS))
            committed[worker] = commit.round

    for what, worker, other in moves:
        if what == "contribute" and posted[worker] < ROUNDS:
            posted[worker] += 1
            tell(worker, "data", posted[worker])
            advance(worker, logs[worker].contribute(worker, posted[worker], NOTHING))
        elif what == "receive" and worker != other and wires[other, worker]:
            kind, number = wires[other, worker].pop(0)
            if kind == "data":
                advance(worker, logs[worker].contribute(other, number, NOTHING))
            else:
                logs[worker].acknowledge(other, number)
                advance(worker, False)

    survivors = set(range(WORKERS)) - dead
    agreed = min(logs[worker].freeze() for worker in survivors)
    assert agreed >= max(committed), "even of those who are gone"
    for worker in survivors:
        settled = [commit.round for commit in logs[worker].settle(agreed)]
        assert settled == list(range(committed[worker] + 1, agreed + 1))


def test_who_has_contributed_and_not_acknowledged_is_silent_and_not_missing() -> None:
    log = CommitLog(1, range(3), 0, 0)
    log.contribute(0, 1, NOTHING)
    log.contribute(1, 1, NOTHING)
    assert log.missing(1) == {2}
    assert log.silent(1) == set(), "they may wait for 2, as this one does"
    log.contribute(2, 1, NOTHING)
    log.acknowledge(2, 1)
    assert log.missing(1) == set()
    assert log.silent(1) == {1}


def test_a_round_that_is_summed_on_the_way_is_complete_with_its_sum() -> None:
    log = CommitLog(1, range(2), 0, 0)
    log.await_total(1)
    assert not log.contribute(0, 1, NOTHING)
    assert not log.contribute(1, 1, NOTHING)
    log.contribute(0, 2, NOTHING)
    assert not log.contribute(1, 2, NOTHING), "the round before is not complete"
    assert not log.missing(1) | log.silent(1), "the sum is everyone's to wait for"
    assert log.sum(1, torch.ones(3))
    assert log.completed == 2
    log.acknowledge(1, 2)
    commits = log.take_commits()
    assert [commit.total is not None for commit in commits] == [True, False]
