"""The schedule of a search, against counting by hand."""

import pytest

from proxyless import DeviceConfig, SearchConfig, TaskConfig
from proxyless.nas.search_schedule import SearchSchedule
from proxyless.nas.updates import get_method
from search_spaces import InputError

STEPS = 10


def schedule(**fields: int) -> SearchSchedule:
    task, device = TaskConfig("digits", "tiny"), DeviceConfig("t.db", target_ms=1.0)
    given = {"warmup_epochs": 1, "epochs": 3, "frozen_epochs": 1, "architecture_interval": 4}
    return SearchSchedule(SearchConfig(task, (device,), **{**given, **fields}), STEPS)  # type: ignore[arg-type]


def test_the_architecture_moves_at_every_interval_after_warm_up_and_frozen_epochs() -> None:
    found = {step: schedule().architecture_step(step) for step in range(4 * STEPS)}
    moved = {step: number for step, number in found.items() if number is not None}
    assert moved == {23: 1, 27: 2, 31: 3, 35: 4, 39: 5}
    assert schedule().updates(get_method("two-path"), 1) == len(moved)


def test_the_learning_rate_falls_twice() -> None:
    rates = [schedule().learning_rate(step) for step in range(4 * STEPS)]
    config = schedule().config
    assert rates[0] == config.warmup_learning_rate
    assert rates[STEPS] == config.recipe.learning_rate
    for phase in (rates[:STEPS], rates[STEPS:]):
        assert phase == sorted(phase, reverse=True)
        assert 0 < phase[-1] < 0.1 * phase[0]


@pytest.mark.parametrize(("method", "expected"), [("two-path", 2), ("gradient", 5), ("random", 0)])
def test_devices_take_turns_unless_they_learn_from_each_other(method: str, expected: int) -> None:
    assert schedule().updates(get_method(method), 2) == expected


def test_a_search_that_would_never_move_is_refused() -> None:
    with pytest.raises(InputError, match="never move the architecture: 2 epochs of 10 steps"):
        schedule(architecture_interval=21).updates(get_method("gradient"), 1)
