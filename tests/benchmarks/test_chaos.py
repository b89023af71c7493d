"""What the benchmark ``chaos`` makes of what workers wrote down."""

import math

from benchmarks.chaos import Run, divergent, figures_of


def commit(round_: int, digest: str) -> dict[str, object]:
    return {"time": 0.0, "view": 1, "round": round_, "digest": digest}


def fault(resumed: float | None, back: float | None) -> dict[str, object]:
    return {"kind": "kill", "resumed_seconds": resumed, "back_seconds": back}


def test_a_round_that_two_committed_differently_is_divergent() -> None:
    alike = [commit(1, "a"), commit(2, "b"), commit(1, "a"), commit(2, "b")]
    assert divergent(Run([], alike, [])) == 0
    assert divergent(Run([], [*alike, commit(2, "c"), commit(3, "d")], [])) == 1


def test_what_never_went_on_is_counted_and_not_averaged() -> None:
    final = {"digest": "a"}
    faults = [fault(2.0, 3.0), fault(None, None), fault(4.0, None)]
    figures, rows = figures_of([Run(faults, [commit(7, "a")], [final] * 4)], timeout=3.0)
    assert len(rows) == figures["faults"] == 3
    assert figures["survivors_hung"] == 1
    assert figures["never_back"] == 2
    assert figures["resume_seconds_max"] == 4.0
    assert figures["rounds"] == 7
    assert figures["runs_ended_differently"] == figures["workers_missing_at_the_end"] == 0


def test_ends_are_compared_and_the_missing_counted() -> None:
    ends = [{"digest": "a"}, {"digest": "a"}, {"digest": "b"}]
    figures, _ = figures_of([Run([fault(None, None)], [commit(1, "a")], ends)], timeout=3.0)
    assert figures["runs_ended_differently"] == 1
    assert figures["workers_missing_at_the_end"] == 1
    assert math.isnan(figures["resume_seconds_max"])
