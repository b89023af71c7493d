"""The memory of a weight step, known before data is loaded and weights are made."""

from collections.abc import Callable

import torch

from search_spaces.memory import check_memory

from ..config import SyncConfig, TaskConfig


def check_step_memory(
    subject: str,
    memory: Callable[[int], int],
    images: int,
    task: TaskConfig,
    sync: SyncConfig | None,
    device: torch.device,
) -> None:
    """Refuse steps that cannot fit into this machine's memory.

    ``memory`` returns the bytes of a step of so many images; ``images`` is how many there are to
    take a step of. What a GPU holds is not counted, nor halves of activations in bfloat16.

    Raises:
        InputError: they cannot, as "training architecture a, `batch_size` 64, needs at least ...".
    """
    if device.type == "cpu" and task.precision != "bfloat16":
        batch = min(task.batch_size, images // (sync.workers if sync else 1))
        check_memory(memory(batch), f"{subject}, `batch_size` {batch},")
