from pathlib import Path

import psutil
import pytest

from latency import Settings, available_runtimes
from latency.hosts import LocalHost
from latency.hosts.conversation import LOADER
from latency.profiling.profiling import OVERHEAD
from latency.runtimes import Program
from latency.timing.measurement import CALLS, Sitting
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


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    program = Program("broken", file=f"{tmp_path}/absent.onnx")
    with pytest.raises(InputError, match=r"absent\.onnx cannot be read: No such file"):
        list(
            LocalHost().run_sitting(
                "onnxruntime", [program], Settings(), Sitting(0, frozenset({(0, "broken")}))
            )
        )


@pytest.mark.parametrize("name", ["onnxruntime", "litert"])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, name: str) -> None:
    if name not in available_runtimes():
        pytest.skip(f"{name} is not installed")
    path = tmp_path / "model"
    path.write_bytes(b"not a model at all" * 10)
    program = Program(str(path), file=str(path))
    sitting = Sitting(0, frozenset({(0, program.key)}))
    with pytest.raises(InputError, match=rf"{name} failed while measuring: cannot open {path}: .+"):
        list(LocalHost().run_sitting(name, [program], Settings(), sitting))


@pytest.mark.slow
@pytest.mark.usefixtures("real_workers")
@pytest.mark.parametrize("runtime", ["onnxruntime", "torch-cpu"])
def test_a_process_that_is_killed_is_not_taken_for_finished(runtime: str) -> None:
    asked = frozenset((number, OVERHEAD.key) for number in range(5000))
    visits = LocalHost().run_sitting(runtime, [OVERHEAD], Settings(), Sitting(0, asked))
    next(visits)
    (process,) = [
        child
        for child in psutil.Process().children()
        if {LOADER, "latency.worker"} & set(child.cmdline())
    ]
    process.kill()
    with pytest.raises(InputError, match="failed while measuring"):
        list(visits)
