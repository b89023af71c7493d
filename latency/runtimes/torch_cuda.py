"""PyTorch eager on an NVIDIA GPU, channels last."""

from collections.abc import Sequence

import torch

from search_spaces import InputError
from search_spaces.operation import Operation

from ..device import Device, this_cpu
from ..settings import Settings
from .base import Call, ModuleRuntime
from .torch_cpu import network_call


class TorchCUDA(ModuleRuntime):
    """Every call waits for the GPU, so that wall time is the time of the work."""

    name = "torch-cuda"
    package = "torch"

    @property
    def version(self) -> str:
        """Version of the installed package; an :class:`InputError` where no GPU is."""
        if not torch.cuda.is_available():
            raise InputError(
                "runtime torch-cuda needs an NVIDIA GPU and a CUDA build of torch: "
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
        call = network_call(operations, settings, torch.device("cuda"))

        def synchronised() -> None:
            call()
            torch.cuda.synchronize()

        return synchronised
