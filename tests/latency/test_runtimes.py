import json
import random
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from support import run_cli

from latency import (
    RUNTIMES,
    Protocol,
    Settings,
    Table,
    available_runtimes,
    get_runtime,
    load_predictor,
    profile,
)
from latency.runtimes import FileRuntime, ModuleRuntime, Program
from latency.timing.engines import open_interpreter
from latency.timing.measurement import Call
from search_spaces import Architecture, InputError, Space, load_definition

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
without_cuda = pytest.mark.skipif(torch.cuda.is_available(), reason="there is an NVIDIA GPU")


@pytest.fixture(scope="module")
def smallest(micro_file: Path) -> Space:
    return load_definition(micro_file).adapt(resolution=4).expand()


@pytest.mark.slow
@pytest.mark.usefixtures("real_workers")
@pytest.mark.parametrize("name", sorted(available_runtimes()))
def test_every_runtime_profiles_a_space(tmp_path: Path, smallest: Space, name: str) -> None:
    protocol = Protocol(processes=1, rounds=1, calibration_networks=1)
    info = profile(smallest, tmp_path / "table.db", name, Settings(batch=2), protocol)
    assert (info.runtime, info.version) == (name, get_runtime(name).version)
    low, high = load_predictor(tmp_path / "table.db", name).bounds(smallest)
    assert 0 < low < high


@pytest.mark.parametrize("name", ["onnxruntime", "litert"])
def test_int8_is_a_profile_of_its_own(tmp_path: Path, smallest: Space, name: str) -> None:
    path = tmp_path / "table.db"
    protocol = Protocol(processes=1, rounds=1, calibration_networks=1)
    for dtype in ("float32", "int8"):
        profile(smallest, path, name, Settings(dtype=dtype), protocol)
    with pytest.raises(InputError, match=r"several profiles that fit; choose with `dtype` among"):
        load_predictor(path, name)
    floats, integers = (load_predictor(path, name, dtype=one) for one in ("float32", "int8"))
    assert (floats.info.settings.dtype, integers.info.settings.dtype) == ("float32", "int8")
    assert floats.entries.keys() == integers.entries.keys()
    with pytest.raises(InputError, match=r"has nothing for runtime .*, threads 3"):
        load_predictor(path, name, threads=3)


@pytest.mark.parametrize("name", ["onnxruntime", "litert"])
def test_int8_programs_compute_in_int8(smallest: Space, name: str) -> None:
    runtime = get_runtime(name)
    assert isinstance(runtime, FileRuntime)
    operations = Architecture.random(smallest, random.Random(0)).active
    whole, small = (
        runtime.model(Program("all", operations), Settings(dtype=dtype))
        for dtype in ("float32", "int8")
    )
    if name == "litert":
        tensors = open_interpreter(small).get_tensor_details()
        assert sum(one["dtype"] == np.int8 for one in tensors) > len(operations)
    else:
        kinds = [node.op_type for node in onnx.load_from_string(small).graph.node]
        assert kinds.count("DequantizeLinear") > len(operations)
    assert whole != small


def test_pytorch_says_that_it_has_no_int8(tmp_path: Path, smallest: Space) -> None:
    protocol = Protocol(processes=1, rounds=1, calibration_networks=0)
    with pytest.raises(InputError, match="PyTorch runs networks in float32, not in int8"):
        profile(smallest, tmp_path / "table.db", "torch-cpu", Settings(dtype="int8"), protocol)


def test_the_default_runtimes_are_there() -> None:
    assert {"onnxruntime", "torch-cpu"} <= available_runtimes().keys() <= set(RUNTIMES.names())


def test_unknown_runtime_lists_the_known_ones(tmp_path: Path, smallest: Space) -> None:
    with pytest.raises(InputError, match=r"no runtime 'tensorrt': choose one of onnxruntime"):
        profile(smallest, tmp_path / "table.db", "tensorrt")
    assert not (tmp_path / "table.db").exists()


@without_cuda
@pytest.mark.parametrize("name", ["torch-cuda", "torch-cuda-graph"])
def test_cuda_without_a_gpu_is_refused(tmp_path: Path, smallest: Space, name: str) -> None:
    with pytest.raises(InputError, match=f"{name} needs an NVIDIA GPU"):
        profile(smallest, tmp_path / "table.db", name)
    assert not (tmp_path / "table.db").exists()
    assert name not in available_runtimes()


@needs_cuda
@pytest.mark.parametrize("name", ["torch-cuda", "torch-cuda-graph"])
@pytest.mark.parametrize("batch", [1, 8])
def test_cuda_waits_for_the_gpu_and_asks_its_clock(smallest: Space, name: str, batch: int) -> None:
    runtime = get_runtime(name)
    assert runtime.device.name == torch.cuda.get_device_name(0)
    seconds = opened(name, Program("all", smallest.fixed[:1]), Settings(batch=batch))()
    assert torch.cuda.current_stream().query()
    assert isinstance(seconds, float)
    assert 0 < seconds < 1


def opened(name: str, program: Program, settings: Settings) -> Call:
    """Open a program as it is timed, in this process."""
    runtime = get_runtime(name)
    if isinstance(runtime, ModuleRuntime):
        return runtime.prepare(program.operations, settings)
    assert isinstance(runtime, FileRuntime)
    model = runtime.model(program, settings)
    return runtime.open(model, settings.threads, settings.batch)


def test_foreign_model_of_any_batch_is_run(foreign_model: Path) -> None:
    opened("onnxruntime", Program("foreign", file=str(foreign_model)), Settings(batch=3))()


def test_programs_run_at_the_batch_and_shape_of_the_settings(smallest: Space) -> None:
    for name in available_runtimes():
        result = opened(name, Program("all", smallest.fixed[:1]), Settings(batch=3))()
        if name == "torch-cpu":
            assert isinstance(result, torch.Tensor)
            assert result.shape == (3, *smallest.fixed[0].output_shape)
            assert np.isfinite(result.numpy()).all()


def test_tables_lists_profiles_and_entries(micro_table: Path, micro: Space) -> None:
    with Table.open(micro_table) as table:
        (info,) = table.profiles()
    outcome = run_cli("tables", "list", micro_table, "--json")
    assert outcome.status == 0
    assert info.device.fingerprint in outcome.stdout
    listed = run_cli("tables", "show", micro_table, "--json")
    assert {row["operation"] for row in json.loads(listed.stdout)["entries"]} == {
        operation.key for operation in micro.operations()
    }
