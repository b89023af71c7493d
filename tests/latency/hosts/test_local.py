from pathlib import Path

import psutil
import pytest

from latency import Settings, available_runtimes
from latency.hosts import LocalHost
from latency.hosts.conversation import LOADER
from latency.profiling.programs import OVERHEAD
from latency.runtimes import Program
from latency.timing.measurement import CALLS, MeasurementPlan
from search_spaces import InputError, Space


def test_a_plan_is_carried_out_whole_and_in_order_of_rounds(micro: Space) -> None:
    programs = [OVERHEAD, *(Program(one.key, (one,)) for one in micro.operations()[:3])]
    asked = {(number, program.key) for number in range(4) for program in programs[1:]}
    measured = list(
        LocalHost().measure(
            "onnxruntime", programs, Settings(), MeasurementPlan(5, frozenset(asked))
        )
    )
    assert {(measurement.round, measurement.program) for measurement in measured} == asked
    assert [measurement.round for measurement in measured] == sorted(
        measurement.round for measurement in measured
    )
    orders = {tuple(v.program for v in measured if v.round == number) for number in range(4)}
    assert len(orders) > 1, "every round has the same order"
    for measurement in measured:
        assert measurement.process == 5
        assert measurement.calls >= CALLS
        assert 0 < measurement.minimum_ms <= measurement.median_ms


def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    program = Program("broken", file=f"{tmp_path}/absent.onnx")
    with pytest.raises(InputError, match=r"absent\.onnx cannot be read: No such file"):
        list(
            LocalHost().measure(
                "onnxruntime", [program], Settings(), MeasurementPlan(0, frozenset({(0, "broken")}))
            )
        )


@pytest.mark.parametrize("name", ["onnxruntime", "litert"])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, name: str) -> None:
    if name not in available_runtimes():
        pytest.skip(f"{name} is not installed")
    path = tmp_path / "model"
    path.write_bytes(b"not a model at all" * 10)
    program = Program(str(path), file=str(path))
    plan = MeasurementPlan(0, frozenset({(0, program.key)}))
    with pytest.raises(InputError, match=rf"{name} failed while measuring: cannot open {path}: .+"):
        list(LocalHost().measure(name, [program], Settings(), plan))


@pytest.mark.slow
@pytest.mark.usefixtures("real_workers")
@pytest.mark.parametrize("runtime", ["onnxruntime", "torch-cpu"])
def test_a_process_that_is_killed_is_not_taken_for_finished(runtime: str) -> None:
    asked = frozenset((number, OVERHEAD.key) for number in range(5000))
    measured = LocalHost().measure(runtime, [OVERHEAD], Settings(), MeasurementPlan(0, asked))
    next(measured)
    (process,) = [
        child
        for child in psutil.Process().children()
        if {LOADER, "latency.hosts.worker"} & set(child.cmdline())
    ]
    process.kill()
    with pytest.raises(InputError, match="failed while measuring"):
        list(measured)
