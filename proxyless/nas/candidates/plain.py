"""Any candidate: a forward pass of its module."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import functional_call

from search_spaces import InputError
from search_spaces.modules import OperationModule

from .base import BlockInput, Evaluation, Evaluator, inner_product


@dataclass(frozen=True)
class PlainEvaluation(Evaluation):
    """An output (N, C, H, W) as the module put it out, and the input that it was given."""

    o: Tensor
    x: Tensor

    def output(self) -> Tensor:
        """Return o; a copy where the module put out its input, or a part of it."""
        shared = self.o.untyped_storage().data_ptr() == self.x.untyped_storage().data_ptr()
        return self.o.clone() if shared else self.o

    def inner_product(self, gradient: Tensor, gradient_sum: Tensor) -> Tensor:
        """Return <G, o>; the sums are of no use here."""
        return inner_product(gradient, self.o)


class Plain(Evaluator):
    """A forward pass, on copies of whatever the module would remember."""

    @torch.no_grad()
    def __call__(self, candidate: OperationModule, given: BlockInput) -> PlainEvaluation:
        """Run a candidate.

        Raises:
            InputError: it changed its input, and with it what the other candidates are given.
        """
        module, version = candidate.layers, given.x._version
        remembered = {name: value.clone() for name, value in module.named_buffers()}
        output: Tensor = functional_call(module, remembered, (given.x,))
        if given.x._version != version:
            operation = candidate.operation
            raise InputError(
                f"the module of operation {operation.label} ({operation.kind}) changes its input: "
                "let its first step write elsewhere"
            )
        return PlainEvaluation(output, given.x)
