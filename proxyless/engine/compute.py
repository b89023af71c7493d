"""Where and in what weights are trained: a task's configuration as PyTorch has it."""

import torch

from search_spaces import InputError

from ..config import TaskConfig


def prepare_compute(task: TaskConfig) -> torch.device:
    """Let PyTorch use so many threads, and return where weights are trained.

    Raises:
        InputError: CUDA is asked for, and torch finds none.
    """
    if task.compute_threads is not None:
        torch.set_num_threads(task.compute_threads)
    return compute_device(task)


def compute_device(task: TaskConfig) -> torch.device:
    """Return where weights are trained.

    Raises:
        InputError: CUDA is asked for, and torch finds none.
    """
    found = torch.cuda.is_available()
    if task.compute == "cuda" and not found:
        raise InputError("`compute` 'cuda': torch finds no CUDA device on this machine")
    return torch.device("cuda" if found and task.compute != "cpu" else "cpu")


def autocast(task: TaskConfig) -> torch.autocast:
    """Return the context that weight steps compute their logits and loss in."""
    device = compute_device(task).type
    low = task.precision == "bfloat16" or (task.precision == "auto" and device == "cuda")
    return torch.autocast(device, torch.bfloat16, enabled=low)
