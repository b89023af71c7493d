"""Gradient updates: gate gradients dL/dg, computed without autograd.

A forward and backward pass of the active path gives the input x of every mixed operation and the
gradient G at its output; dL/dg_j = <G, o_j(x)>, where the output o_j of each other candidate is
computed without gradient and then freed. Memory is that of one path. The backward pass of the
weights has no hooks, so the method is compatible with data parallelism.

Half a batch suffices: most of the noise of a gate's gradient comes from the sampled path, not from
the images (``benchmarks.gate_noise``), so images are better used for more paths.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ...engine.metrics import accuracy
from ..candidates.base import BlockInput, channel_sums, inner_product
from ..candidates.registry import evaluate
from ..supernet import MixedOperation, Supernet
from .base import ArchitectureUpdate, Statistics, softmax_gradient


class ExactGates(ArchitectureUpdate):
    """All candidates of every block, with the memory of one path (``full_v2`` of the paper's code).

    The gates of one device's path are also informative for others, so devices apply each other's
    statistics.
    """

    learns_from_others = True
    batch_share = 0.5

    def collect(self, images: Tensor, labels: Tensor, paths: torch.Generator) -> Statistics:
        """Sample an active path by p, and compute the gradients of all gates on it."""
        (path,) = self.parameters.sample(paths).tolist()
        candidates = [row.nonzero()[:, 0].tolist() for row in self.parameters.mask]
        return gate_gradients(self.supernet, images, labels, path, candidates)

    def apply(self, statistics: Statistics) -> None:
        """Update all parameters."""
        probabilities = self.parameters.probabilities()
        loss = float(statistics["loss"])
        costs = self.budgets.gradient(statistics["gates"], loss, probabilities)
        self.descend(softmax_gradient(probabilities.double(), costs))
        self.budgets.update(self.parameters.probabilities())


class TwoPath(ArchitectureUpdate):
    """Two candidates per block, drawn by p without replacement (ProxylessNAS, section 3.2.1).

    Only the parameters of the two are updated; both are then shifted so that the probabilities of
    all other candidates are unchanged.
    """

    batch_share = 0.5
    needs_same_paths = True  # workers average the pairs, which must be equal

    def collect(self, images: Tensor, labels: Tensor, paths: torch.Generator) -> Statistics:
        """Sample a pair per block and the active one of it; compute the gradients of the pair."""
        pairs = self.parameters.sample_pairs(paths)
        active = torch.multinomial(self._shares(pairs), 1, generator=paths)
        path = pairs.gather(1, active)[:, 0].tolist()
        statistics = gate_gradients(self.supernet, images, labels, path, pairs.tolist())
        return {**statistics, "pairs": pairs.double()}

    def apply(self, statistics: Statistics) -> None:
        """Update the parameters of the pair, which is the same on every worker."""
        values, pairs = self.parameters.values, statistics["pairs"].long()
        pair_p = self._shares(pairs)
        loss = float(statistics["loss"])
        costs = self.budgets.gradient(statistics["gates"], loss, self.parameters.probabilities())
        pair_gradient = softmax_gradient(pair_p, costs.gather(1, pairs).to(pair_p.dtype))
        before = values.detach().gather(1, pairs).logsumexp(1, keepdim=True)
        self.descend(torch.zeros_like(values).scatter(1, pairs, pair_gradient))
        with torch.no_grad():
            after = values.gather(1, pairs).logsumexp(1, keepdim=True)
            values.scatter_add_(1, pairs, (before - after).expand(-1, 2))
        self.budgets.update(self.parameters.probabilities())

    def _shares(self, pairs: Tensor) -> Tensor:
        """Return the probabilities of each pair, normalised to a sum of 1: (blocks, 2)."""
        return self.parameters.values.detach().gather(1, pairs).softmax(1)


def gate_gradients(
    supernet: Supernet,
    images: Tensor,
    labels: Tensor,
    path: Sequence[int],
    candidates: Sequence[Sequence[int]],
) -> Statistics:
    """Return ``gates``, dL/dg (blocks, widest block), with loss L and accuracy on the active path.

    ``candidates`` lists those to evaluate in each block; the gates of others stay 0. The residual
    is left out of every candidate's output, because it adds a constant that the softmax cancels; so
    the gradient of a zero candidate is 0. Weights get no gradients.
    """
    widest = max(map(len, supernet.blocks))
    gates = images.new_zeros(len(path), widest)
    with torch.no_grad():
        x = supernet.before(images)
    start = x.requires_grad_()
    for number, (block, choice) in enumerate(zip(supernet.blocks, path, strict=True)):
        y = block(x, choice)
        y.register_hook(_BlockGates(block, choice, candidates[number], gates[number], x, y))
        x = y
    logits = supernet.after(x)
    loss = F.cross_entropy(logits, labels)
    torch.autograd.grad(loss, [start])
    correct_share = torch.tensor(accuracy(logits.detach(), labels), dtype=torch.float64)
    return {"gates": gates.cpu(), "loss": loss.detach().double().cpu(), "accuracy": correct_share}


class _BlockGates:
    """Hook at a mixed operation's output that computes its row of gates from x and G."""

    def __init__(
        self,
        block: MixedOperation,
        active: int,
        candidates: Sequence[int],
        gates: Tensor,
        x: Tensor,
        y: Tensor,
    ) -> None:
        self.block, self.active, self.candidates = block, active, candidates
        self.gates, self.x, self.y = gates, x.detach(), y.detach()

    @torch.no_grad()
    def __call__(self, gradient: Tensor) -> None:
        inactive = [choice for choice in self.candidates if choice != self.active]
        if self.active in self.candidates:
            self.gates[self.active] = self._active_gate(gradient)
        candidates = {choice: self.block[choice] for choice in inactive}
        running = {choice: c for choice, c in candidates.items() if not c.operation.free}
        if running:
            block_input, sums = BlockInput(self.x), channel_sums(gradient)
            for choice, candidate in running.items():
                self.gates[choice] = evaluate(candidate, block_input).inner_product(gradient, sums)
        del self.x, self.y

    def _active_gate(self, gradient: Tensor) -> Tensor:
        candidate = self.block[self.active]
        if candidate.operation.free:
            return gradient.new_zeros(())
        product = inner_product(gradient, self.y)
        return product - inner_product(gradient, self.x) if candidate.residual else product
