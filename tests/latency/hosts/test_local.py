import sys
import time
from pathlib import Path

import numpy as np
import onnx
import psutil
import pytest
from onnx import TensorProto, helper, numpy_helper

from latency import Settings, available_runtimes
from latency.hosts import LocalHost, limits
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
    with pytest.raises(InputError, match=r"absent\.onnx does not exist"):
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


def endless(path: Path) -> Program:
    """Return a model file that counts for weeks."""
    body = onnx.parser.parse_graph(
        "body (int64 i, bool go, float v) => (bool on, float w) { on = Identity(go) w = Add(v, v) }"
    )
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 8, 8])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [])
    nodes = [
        helper.make_node("ReduceMax", ["x"], ["v"], keepdims=0),
        helper.make_node("Loop", ["", "go", "v"], ["y"], body=body),
    ]
    go = numpy_helper.from_array(np.array(True), "go")
    graph = helper.make_graph(nodes, "g", [x], [y], [go])
    opset = [helper.make_opsetid("", 18)]
    path.write_bytes(
        helper.make_model(graph, opset_imports=opset, ir_version=9).SerializeToString()
    )
    return Program(str(path), file=str(path))


@pytest.mark.slow
def test_a_model_that_hangs_while_it_is_timed_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = endless(tmp_path / "endless.onnx")
    monkeypatch.setattr(limits, "measurement_seconds", lambda settings, programs: 5.0)
    plan = MeasurementPlan(0, frozenset({(0, program.key)}))
    before = psutil.Process().children()
    with pytest.raises(InputError, match="failed while measuring: no answer in 5 s: leave out"):
        list(LocalHost().measure("onnxruntime", [program], Settings(threads=2), plan))
    assert not set(psutil.Process().children()) - set(before)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its caller")
@pytest.mark.parametrize("caller", ["timing", "opening"])
def test_a_model_that_hangs_ends_with_its_caller(tmp_path: Path, caller: str) -> None:
    program = endless(tmp_path / "endless.onnx")
    code = {
        "timing": (
            "import sys; from latency import *; from latency.hosts import LocalHost\n"
            "from latency.timing.measurement import MeasurementPlan\n"
            "plan = MeasurementPlan(0, frozenset({(0, sys.argv[1])}))\n"
            "program = Program(sys.argv[1], file=sys.argv[1])\n"
            "list(LocalHost().measure('onnxruntime', [program], Settings(), plan))"
        ),
        "opening": (
            "import sys, pathlib; from proxyless.deploy.model_process import ModelProcess\n"
            "ModelProcess(pathlib.Path(sys.argv[1]))"
        ),
    }[caller]
    process = psutil.Popen([sys.executable, "-c", code, program.file])
    try:
        deadline = time.monotonic() + 60
        busy: list[psutil.Process] = []
        while not busy and time.monotonic() < deadline:
            time.sleep(0.2)
            busy = [child for child in process.children() if child.cpu_times().user > 2]
        assert busy
    finally:
        process.kill()
        process.wait()
    assert not psutil.wait_procs(busy, timeout=10)[1]


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
        if "latency.hosts.worker" in child.cmdline() or LOADER in " ".join(child.cmdline())
    ]
    process.kill()
    with pytest.raises(InputError, match="failed while measuring"):
        list(measured)
