import psutil
import pytest

from latency import Settings
from latency.hosts import LocalHost
from latency.measure import CALLS, Sitting
from latency.profile import OVERHEAD
from latency.runtimes import Program
from search_spaces import InputError, Space


def test_a_sitting_makes_the_visits_it_was_asked_for(micro: Space) -> None:
    programs = [OVERHEAD, *(Program(one.key, (one,)) for one in micro.operations()[:3])]
    asked = {(number, program.key) for number in range(4) for program in programs[1:]}
    visits = list(
        LocalHost().run_sitting("onnxruntime", programs, Settings(), Sitting(5, frozenset(asked)))
    )
    assert {(visit.round, visit.program) for visit in visits} == asked
    assert [visit.round for visit in visits] == sorted(visit.round for visit in visits)
    orders = {tuple(v.program for v in visits if v.round == number) for number in range(4)}
    assert len(orders) > 1, "every round has the same order"
    for visit in visits:
        assert visit.process == 5
        assert visit.calls >= CALLS
        assert 0 < visit.minimum_ms <= visit.median_ms


def test_a_worker_that_cannot_measure_says_why(tmp_path: str) -> None:
    program = Program("broken", file=f"{tmp_path}/absent.onnx")
    with pytest.raises(InputError, match=r"onnxruntime failed while measuring: .*absent\.onnx"):
        list(
            LocalHost().run_sitting(
                "onnxruntime", [program], Settings(), Sitting(0, frozenset({(0, "broken")}))
            )
        )


def test_a_worker_that_is_killed_is_not_taken_for_finished() -> None:
    asked = frozenset((number, OVERHEAD.key) for number in range(5000))
    visits = LocalHost().run_sitting("onnxruntime", [OVERHEAD], Settings(), Sitting(0, asked))
    next(visits)
    (worker,) = [
        child for child in psutil.Process().children() if "latency.worker" in child.cmdline()
    ]
    worker.kill()
    with pytest.raises(InputError, match="failed while measuring"):
        list(visits)
