"""Weights on disk as safetensors, which hold tensors and no code."""

from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from search_spaces import Architecture, InputError, Network
from search_spaces.errors import reason
from search_spaces.files import write_atomically
from search_spaces.outside import read_bytes

NOT_NEGATIVE = "running_var"
"""Last part of the name of tensors that hold variances."""


def save_weights(network: nn.Module, path: Path) -> None:
    """Write the state dict of a network."""
    tensors = {name: value.contiguous().cpu() for name, value in network.state_dict().items()}
    write_atomically(path, safetensors.torch.save(tensors))


def load_network(architecture: Architecture, path: Path) -> Network:
    """Build a network and load its weights, ready for inference.

    Raises:
        InputError: the file is missing, damaged, or of another architecture, or a tensor in it
            holds what no weights are (NaN, infinities, a negative variance); the sentence names
            the first one.
    """
    if not path.exists():
        raise InputError(f"weights {path} do not exist: train the network with `proxyless train`")
    tensors = _read(path)
    network = architecture.build()
    difference = _difference(network.state_dict(), tensors)
    if difference is not None:
        raise InputError(
            f"weights {path} are not of architecture {architecture.name}, {difference}: "
            "train it again"
        )
    for name, tensor in tensors.items():
        fault = _fault(name, tensor)
        if fault is not None:
            raise InputError(
                f"weights {path} cannot be used, tensor {name} holds {fault}: take a copy that is "
                "whole, or train the network again"
            )
    network.load_state_dict(tensors)
    return network.eval()


def _read(path: Path) -> dict[str, Tensor]:
    content = read_bytes(path, "weights")
    try:
        return safetensors.torch.load(content)
    except (SafetensorError, ValueError, KeyError, TypeError, RuntimeError) as error:
        # The last four are of PyTorch, for types and sizes that the format can say and it cannot.
        raise InputError(
            f"weights {path} are damaged ({reason(error)}): train the network again"
        ) from None


def _difference(expected: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> str | None:
    """Return how two sets of tensors differ in names, shapes and numbers; None if they do not."""
    for name, tensor in expected.items():
        if name not in found:
            return f"tensor {name} is missing"
        if found[name].shape != tensor.shape:
            return f"tensor {name} is {_shape(found[name])} and not {_shape(tensor)}"
        if found[name].dtype != tensor.dtype:
            kinds = (str(one.dtype).removeprefix("torch.") for one in (found[name], tensor))
            return f"tensor {name} is of {' and not '.join(kinds)}"
    extra = next((name for name in found if name not in expected), None)
    return None if extra is None else f"it has no tensor {extra}"


def _shape(tensor: Tensor) -> str:
    return " x ".join(map(str, tensor.shape)) or "a single number"


def _fault(name: str, tensor: Tensor) -> str | None:
    """Return what a tensor holds that no weights are; None if there is nothing of the kind."""
    if not tensor.is_floating_point():
        return None
    if bool(torch.isnan(tensor).any()):
        return "NaN"
    if not bool(torch.isfinite(tensor).all()):
        return "infinities"
    if name.rpartition(".")[2] == NOT_NEGATIVE and not bool((tensor >= 0).all()):
        return "negative variances"
    return None
