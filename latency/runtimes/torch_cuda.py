"""PyTorch on an NVIDIA GPU, channels last: eager, and as CUDA graphs."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from search_spaces import InputError, Operation

from ..timing.device import Device, this_cpu
from ..timing.measurement import Call
from ..timing.settings import Settings
from .base import ModuleRuntime
from .torch_cpu import network_call

CAPTURE_WARMUPS = 3
"""Runs before a capture, in which libraries allocate memory and choose kernels."""


class TorchCUDA(ModuleRuntime):
    """Eager execution: kernels are launched one by one, so launches dominate small networks.

    Times are measured on the GPU, between events around the call.
    """

    name = "torch-cuda"
    package = "torch"

    @property
    def version(self) -> str:
        """Version of the installed package; raises :class:`InputError` without a GPU."""
        if not torch.cuda.is_available():
            raise InputError(
                f"runtime {self.name} needs an NVIDIA GPU and a CUDA build of torch: "
                "torch.cuda.is_available() is false here"
            )
        return torch.__version__

    @property
    def device(self) -> Device:
        """The first GPU."""
        properties = torch.cuda.get_device_properties(0)
        return Device(
            name=properties.name,
            cores=properties.multi_processor_count,
            machine=f"sm_{properties.major}{properties.minor}",
            system=this_cpu().system,
            memory_bytes=properties.total_memory,
        )

    def prepare(self, operations: Sequence[Operation], settings: Settings) -> Call:
        """Build the modules on the GPU."""
        torch.backends.cudnn.benchmark = True
        return _timed(network_call(operations, settings, torch.device("cuda")))


class TorchCUDAGraph(TorchCUDA):
    """A CUDA graph captured once and launched as a whole, as inference engines do."""

    name = "torch-cuda-graph"

    def prepare(self, operations: Sequence[Operation], settings: Settings) -> Call:
        """Build the modules on the GPU and capture a run of them."""
        torch.backends.cudnn.benchmark = True
        call = network_call(operations, settings, torch.device("cuda"))
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(CAPTURE_WARMUPS):
                call()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            output = call()
        return _timed(_Replay(graph, call, output))


@dataclass(frozen=True)
class _Replay:
    """A graph, with references to all objects whose memory it accesses by address.

    ``captured`` holds the network and its input. If they were freed, the next program would reuse
    their memory, and the graph would read its data.
    """

    graph: torch.cuda.CUDAGraph
    captured: Call
    output: object

    def __call__(self) -> object:
        self.graph.replay()
        return self.output


def _timed(call: Call) -> Call:
    """Return a call that waits for the GPU and returns the seconds it took there."""
    start = torch.cuda.Event(enable_timing=True)
    end = torch.cuda.Event(enable_timing=True)

    def timed() -> float:
        start.record()
        call()
        end.record()
        end.synchronize()
        return float(start.elapsed_time(end)) * 1e-3

    return timed
