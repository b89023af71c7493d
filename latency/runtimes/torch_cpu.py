"""PyTorch eager on the CPU, channels last."""

from collections.abc import Sequence

import torch

from search_spaces import Operation
from search_spaces.modules import Network, channels_last

from ..timing.allocator import keep_freed_memory
from ..timing.measurement import Call
from ..timing.settings import Settings
from .base import ModuleRuntime


class TorchCPU(ModuleRuntime):
    """Inference mode, evaluation statistics; freed memory is kept, as in a server process.

    Otherwise some networks would allocate new pages in every call, a third of their time, depending
    on what the process ran before.
    """

    name = "torch-cpu"
    package = "torch"

    @property
    def version(self) -> str:
        """Version of the installed package."""
        return torch.__version__

    def prepare(self, operations: Sequence[Operation], settings: Settings) -> Call:
        """Build the modules."""
        keep_freed_memory()
        torch.set_num_threads(settings.threads)
        return network_call(operations, settings, torch.device("cpu"))


def network_call(operations: Sequence[Operation], settings: Settings, device: torch.device) -> Call:
    """Return a call of the network in evaluation mode on standard normal input.

    Raises:
        RuntimeError: the settings are not float32.
    """
    if settings.dtype != "float32":
        raise RuntimeError(f"PyTorch runs networks in float32, not in {settings.dtype}")
    network = channels_last(Network(operations).eval(), device)
    shape = (settings.batch, *operations[0].input_shape)
    images = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    images = images.to(device, memory_format=torch.channels_last)

    @torch.inference_mode()
    def call() -> torch.Tensor:
        result: torch.Tensor = network(images)
        return result

    return call
