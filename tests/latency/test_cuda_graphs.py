"""CUDA graphs without a GPU: a made-up device that, like CUDA, remembers addresses only."""

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from latency import Settings, get_runtime
from latency.runtimes import ModuleRuntime, torch_cuda
from latency.runtimes.torch_cpu import network_call
from latency.timing.measurement import Call
from search_spaces import Operation, Space


class Graph:
    """What CUDA keeps of a capture: which memory its kernels touch, and nothing that holds it."""

    def __init__(self) -> None:
        self.memory: list[StorageWeakRef] = []
        self.replays = 0

    def replay(self) -> None:
        """Touch the memory again."""
        self.replays += 1
        if any(memory.expired() for memory in self.memory):
            raise RuntimeError("CUDA error: an illegal memory access was encountered")


class Capture(TorchDispatchMode):
    """Records what comes from outside the graph, and its last result."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.graph = graph
        self.made: list[StorageWeakRef] = []

    def __enter__(self) -> "Capture":
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)  # type: ignore[no-untyped-call]
        self.graph.memory.append(self.made[-1])

    def __torch_dispatch__(
        self, operator: Any, _types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        result = operator(*args, **(kwargs or {}))
        for given in storages((args, kwargs)):
            if given not in self.made:
                self.graph.memory.append(given)
        self.made += storages(result)
        return result


def storages(values: Any) -> list[StorageWeakRef]:
    """The memory behind the tensors in nested arguments, not kept alive."""
    tensors = (leaf for leaf in tree_leaves(values) if isinstance(leaf, torch.Tensor))
    return [StorageWeakRef(tensor.untyped_storage()) for tensor in tensors]


class Stream:
    def wait_stream(self, _other: "Stream") -> None:
        """Nothing is in flight."""


class Event:
    def __init__(self, enable_timing: bool) -> None:
        assert enable_timing

    def record(self) -> None:
        self.seconds = time.perf_counter()

    def synchronize(self) -> None:
        """Nothing is in flight."""

    def elapsed_time(self, end: "Event") -> float:
        return 1e3 * (end.seconds - self.seconds)


@contextlib.contextmanager
def on_stream(_stream: Stream) -> Iterator[None]:
    yield


@pytest.fixture
def graphs(monkeypatch: pytest.MonkeyPatch) -> list[Graph]:
    """Every graph that is captured on the made-up device."""
    captured: list[Graph] = []

    def new_graph() -> Graph:
        captured.append(Graph())
        return captured[-1]

    def on_the_cpu(operations: Any, settings: Settings, _device: torch.device) -> Call:
        return network_call(operations, settings, torch.device("cpu"))

    monkeypatch.setattr(torch.backends.cudnn, "benchmark", torch.backends.cudnn.benchmark)
    monkeypatch.setattr(torch_cuda, "network_call", on_the_cpu)
    for name, made_up in {
        "Stream": Stream, "Event": Event, "CUDAGraph": new_graph, "graph": Capture,
        "stream": on_stream, "current_stream": Stream,
    }.items():  # fmt: skip
        monkeypatch.setattr(torch.cuda, name, made_up)
    return captured


def prepared(operations: tuple[Operation, ...]) -> Call:
    runtime = get_runtime("torch-cuda-graph")
    assert isinstance(runtime, ModuleRuntime)
    return runtime.prepare(operations, Settings(batch=2))


def test_programs_are_timed_in_turn(graphs: list[Graph], micro: Space) -> None:
    """A process prepares all its programs first, and then visits one after the other."""
    programs = [prepared(micro.fixed[:count]) for count in (1, 2)]
    seconds = [program() for _ in range(3) for program in programs]
    assert all(isinstance(found, float) and found > 0 for found in seconds)
    assert [graph.replays for graph in graphs] == [3, 3]
    assert all(len(graph.memory) > 5 for graph in graphs)  # weights, statistics, input, output


def test_a_program_that_is_done_with_leaves_nothing(graphs: list[Graph], micro: Space) -> None:
    program = prepared(micro.fixed[:1])
    program()
    del program
    with pytest.raises(RuntimeError, match="illegal memory access"):
        graphs[0].replay()
