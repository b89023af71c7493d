"""PyTorch on the CPU with contiguous memory, as many programs run it."""

from collections.abc import Callable, Sequence

import torch

from latency import Settings
from latency.runtimes import ModuleRuntime
from search_spaces import Network, Operation


class TorchContiguous(ModuleRuntime):
    """Networks in evaluation mode, as PyTorch makes them."""

    name = "torch-contiguous"
    package = "torch"

    @property
    def version(self) -> str:
        """Version of the engine."""
        return torch.__version__

    def prepare(self, operations: Sequence[Operation], settings: Settings) -> Callable[[], object]:
        """Build a network, and return the call that is timed."""
        if settings.dtype != "float32":
            raise RuntimeError("torch-contiguous runs networks in float32 only")
        torch.set_num_threads(settings.threads)
        network = Network(operations).eval()
        images = torch.randn(settings.batch, *operations[0].input_shape)

        @torch.inference_mode()
        def call() -> torch.Tensor:
            result: torch.Tensor = network(images)
            return result

        return call
