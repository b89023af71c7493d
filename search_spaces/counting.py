"""What a module takes, found by running it on shapes alone: nothing is computed or allocated."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

if TYPE_CHECKING:
    from .operations.base import Operation


@dataclass(frozen=True)
class Counts:
    """Learnable numbers, multiply-accumulates, and most activations alive at once, for an image."""

    parameters: int
    macs: int
    peak_activations: int


def count(operation: "Operation") -> Counts:
    """Count what an operation's module takes.

    Submodules that have none of their own run one after the other, each with its inputs and its
    output in memory; the input of a residual operation stays until it is added.
    """
    with torch.device("meta"):
        module = operation.module(running_statistics=False)
        image = torch.empty(1, *operation.input_shape)
    sizes: list[int] = []

    def note(_: nn.Module, given: tuple[Any, ...], output: Any) -> None:
        alive = [one for one in (*given, output) if isinstance(one, Tensor)]
        sizes.append(sum(one.numel() for one in alive))

    for part in module.modules():
        if next(part.children(), None) is None:
            part.register_forward_hook(note)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        output = module(image)
    kept = image.numel() if operation.residual else 0
    alive = [size + (kept if number else 0) for number, size in enumerate(sizes)]
    return Counts(
        sum(parameter.numel() for parameter in module.parameters()),
        counter.get_total_flops() // 2,
        max([image.numel() + output.numel(), *alive]),
    )
