"""Weights on disk as safetensors, which hold tensors and no code."""

from pathlib import Path

import safetensors.torch
from safetensors import SafetensorError
from torch import nn

from search_spaces import Architecture, InputError, Network
from search_spaces.files import write_atomically


def save_weights(network: nn.Module, path: Path) -> None:
    """Write the state dict of a network."""
    tensors = {name: value.contiguous().cpu() for name, value in network.state_dict().items()}
    write_atomically(path, safetensors.torch.save(tensors))


def load_network(architecture: Architecture, path: Path) -> Network:
    """Build a network and load its weights, ready for inference.

    Raises:
        InputError: the file is missing, damaged, or of another architecture.
    """
    network = architecture.build()
    try:
        network.load_state_dict(safetensors.torch.load_file(path))
    except FileNotFoundError:
        raise InputError(
            f"weights {path} do not exist: train the network with `proxyless train`"
        ) from None
    except SafetensorError as error:
        raise InputError(f"weights {path} are damaged ({error}): train the network again") from None
    except RuntimeError:
        raise InputError(
            f"weights {path} are not of architecture {architecture.name}: train it again"
        ) from None
    return network.eval()
