import pytest
import torch

from proxyless.distributed import DistributedError
from proxyless.distributed.transport.selection import TIMED, Selection


def run(workers: list[Selection], seconds: dict[str, list[float]], rounds: int) -> None:
    """Commit rounds; each worker's take as long as is said of its transport."""
    for round_ in range(1, rounds + 1):
        assert len({one.of(round_) for one in workers}) == 1
        name = workers[0].of(round_)
        measured = [one.measured(round_) for one in workers]
        for number, one in enumerate(workers):
            one.note(round_, seconds[name][number])
            one.choose(round_, [its for its in measured if its is not None])


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ({"direct": [1.0, 1.0], "ring": [0.5, 0.9]}, "ring"),
        ({"direct": [1.0, 1.0], "ring": [0.5, 1.9]}, "direct"),
    ],
)
def test_all_choose_what_is_faster_on_average(
    seconds: dict[str, list[float]], expected: str
) -> None:
    workers = [Selection("auto", 5, 3) for _ in range(2)]
    run(workers, seconds, 2 * workers[0].trial + 20)
    assert [one.chosen for one in workers] == [expected] * 2
    assert len({one.chosen_from for one in workers}) == 1


def test_the_choice_holds_from_a_round_nobody_can_have_contributed_to_before_it() -> None:
    most = 5
    worker = Selection("auto", most, 3)
    decides = next(n for n in range(1, 100) if worker.measured(n) is not None)
    assert decides > 2 * worker.trial + most
    worker.choose(decides, [torch.tensor([1.0, 2.0])])
    assert worker.of(decides + most) == "ring"
    assert worker.of(decides + most + 1) == "direct"


def test_only_rounds_that_share_the_way_with_none_of_the_other_transport_are_timed() -> None:
    worker = Selection("auto", 5, 3)
    for round_ in range(1, 2 * worker.trial + 1):
        worker.note(round_, 1.0)
    assert [len(its) for its in worker._seconds.values()] == [TIMED, TIMED]


def test_who_comes_late_takes_the_choice_over() -> None:
    one, other = Selection("auto", 1, 1), Selection("auto", 1, 1)
    run([one], {"direct": [1.0], "ring": [0.1]}, 40)
    other.load_state_dict(one.state_dict())
    assert other.of(1000) == one.of(1000) == "ring"


def test_an_unknown_transport_is_refused() -> None:
    with pytest.raises(DistributedError, match="pigeon"):
        Selection("pigeon", 1, 1)
