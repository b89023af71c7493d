"""The device, threads and precision of training, from a task's configuration."""

import torch

from search_spaces import InputError

from ..config import TaskConfig


def prepare_compute(task: TaskConfig) -> torch.device:
    """Set PyTorch's number of threads, and return the device that trains the weights.

    Raises:
        InputError: the configuration requires CUDA, and torch finds no CUDA device.
    """
    if task.compute_threads is not None:
        torch.set_num_threads(task.compute_threads)
    return compute_device(task)


def compute_device(task: TaskConfig) -> torch.device:
    """Return the device that trains the weights.

    Raises:
        InputError: the configuration requires CUDA, and torch finds no CUDA device.
    """
    available = torch.cuda.is_available()
    if task.compute == "cuda" and not available:
        raise InputError("`compute` 'cuda': torch finds no CUDA device on this machine")
    return torch.device("cuda" if available and task.compute != "cpu" else "cpu")


def autocast(task: TaskConfig) -> torch.autocast:
    """Return the autocast context for logits and loss of weight steps."""
    device = compute_device(task).type
    low = task.precision == "bfloat16" or (task.precision == "auto" and device == "cuda")
    return torch.autocast(device, torch.bfloat16, enabled=low)
