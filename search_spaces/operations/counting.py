"""Parameters, MACs and activations of a module, counted on the meta device without computing."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

if TYPE_CHECKING:
    from .base import Operation


@dataclass(frozen=True)
class Counts:
    """Learnable numbers, and multiply-accumulates and peak count of activations for one image."""

    parameters: int
    macs: int
    peak_activations: int


def count(operation: "Operation") -> Counts:
    """Count parameters, MACs and peak activations of an operation's module.

    Submodules without children are taken to run in sequence, each with its inputs and its output in
    memory; the input of a residual operation is kept until it is added.
    """
    with torch.device("meta"):
        module = operation.module(running_statistics=False)
        image = torch.empty(1, *operation.input_shape)
    sizes: list[int] = []

    def record_size(_: nn.Module, inputs: tuple[object, ...], output: object) -> None:
        alive = [tensor for tensor in (*inputs, output) if isinstance(tensor, Tensor)]
        sizes.append(sum(tensor.numel() for tensor in alive))

    for part in module.modules():
        if next(part.children(), None) is None:
            part.register_forward_hook(record_size)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        output = module(image)
    residual_size = image.numel() if operation.residual else 0
    alive = [size + (residual_size if number else 0) for number, size in enumerate(sizes)]
    return Counts(
        sum(parameter.numel() for parameter in module.parameters()),
        counter.get_total_flops() // 2,
        max([image.numel() + output.numel(), *alive]),
    )
