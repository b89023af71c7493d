"""Evaluation of any candidate by a forward pass of its module."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import functional_call

from search_spaces import InputError
from search_spaces.modules import OperationModule

from .base import BlockInput, Evaluation, Evaluator, inner_product


@dataclass(frozen=True)
class PlainEvaluation(Evaluation):
    """The output o and the input x of a module, both (N, C, H, W)."""

    o: Tensor
    x: Tensor

    def output(self) -> Tensor:
        """Return o; a copy if it shares memory with the module's input."""
        shared = self.o.untyped_storage().data_ptr() == self.x.untyped_storage().data_ptr()
        return self.o.clone() if shared else self.o

    def inner_product(self, gradient: Tensor, gradient_sum: Tensor) -> Tensor:
        """Return <G, o>; the sums are not used."""
        return inner_product(gradient, self.o)


class Plain(Evaluator):
    """A forward pass on copies of the module's buffers."""

    @torch.no_grad()
    def __call__(self, candidate: OperationModule, block_input: BlockInput) -> PlainEvaluation:
        """Run a candidate.

        Raises:
            InputError: it changed its input, which the other candidates share.
        """
        module, version = candidate.layers, block_input.x._version
        buffers = {name: value.clone() for name, value in module.named_buffers()}
        output: Tensor = functional_call(module, buffers, (block_input.x,))
        if block_input.x._version != version:
            operation = candidate.operation
            raise InputError(
                f"the module of operation {operation.label} ({operation.kind}) changes its input: "
                "let its first step write elsewhere"
            )
        return PlainEvaluation(output, block_input.x)
