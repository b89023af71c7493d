"""Gradient updates: gate gradients dL/dg, found outside autograd.

One ordinary forward and backward pass of the active path gives every mixed operation's input x and
the gradient G at its output; dL/dg_j = <G, o_j(x)>, with the other candidates evaluated there and
then, without gradient, and forgotten. Memory stays that of one path. Nothing hooks into the
backward of the weights, so data parallelism has nothing to break.

Half a batch does: most of a gate's noise comes from the path it is behind, not from the images
(``benchmarks.gate_noise``), so images are better spent on more paths.
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
    """All candidates of every block, at the memory of one path (the release's ``full_v2``).

    What a candidate is worth behind one path says something about it behind others: devices learn
    from the gates of each other's paths too.
    """

    learns_from_others = True
    batch_share = 0.5

    def collect(self, images: Tensor, labels: Tensor, paths: torch.Generator) -> Statistics:
        """Sample an active path by p, and find every gate's gradient behind it."""
        (path,) = self.parameters.sample(paths).tolist()
        wanted = [row.nonzero()[:, 0].tolist() for row in self.parameters.mask]
        return gate_gradients(self.supernet, images, labels, path, wanted)

    def apply(self, statistics: Statistics) -> None:
        """Move every parameter."""
        probabilities = self.parameters.probabilities()
        loss = float(statistics["loss"])
        costs = self.budgets.gradient(statistics["gates"], loss, probabilities)
        self.descend(softmax_gradient(probabilities.double(), costs))
        self.budgets.update(self.parameters.probabilities())


class TwoPath(ArchitectureUpdate):
    """Two candidates a block, drawn by p without replacement (ProxylessNAS, section 3.2.1).

    The two share their probability anew: only their parameters move, and both are shifted so that
    every other candidate keeps its probability.
    """

    batch_share = 0.5
    needs_same_paths = True  # the mean over workers of pairs means nothing unless all are the same

    def collect(self, images: Tensor, labels: Tensor, paths: torch.Generator) -> Statistics:
        """Sample a pair a block, draw which of it is active, and find the gradients of the pair."""
        pairs = self.parameters.sample_pairs(paths)
        active = torch.multinomial(self._shares(pairs), 1, generator=paths)
        path = pairs.gather(1, active)[:, 0].tolist()
        statistics = gate_gradients(self.supernet, images, labels, path, pairs.tolist())
        return {**statistics, "pairs": pairs.double()}

    def apply(self, statistics: Statistics) -> None:
        """Move the pair that was collected: the same one on every worker."""
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
        """Return the probabilities of each pair's two, shared between them: (blocks, 2)."""
        return self.parameters.values.detach().gather(1, pairs).softmax(1)


def gate_gradients(
    supernet: Supernet,
    images: Tensor,
    labels: Tensor,
    path: Sequence[int],
    wanted: Sequence[Sequence[int]],
) -> Statistics:
    """Return ``gates``, dL/dg (blocks, widest block), with loss L and accuracy on the active path.

    ``wanted`` lists the candidates to evaluate in each block; the rest stay 0. Where a block has a
    residual its input is left out of every candidate's output: a constant that softmax ignores, so
    that the gradient of a zero candidate is 0. Weights get no gradients.
    """
    widest = max(map(len, supernet.blocks))
    gates = images.new_zeros(len(path), widest)
    with torch.no_grad():
        x = supernet.before(images)
    start = x.requires_grad_()
    for number, (block, choice) in enumerate(zip(supernet.blocks, path, strict=True)):
        y = block(x, choice)
        y.register_hook(_BlockGates(block, choice, wanted[number], gates[number], x, y))
        x = y
    logits = supernet.after(x)
    loss = F.cross_entropy(logits, labels)
    torch.autograd.grad(loss, [start])
    seen = torch.tensor(accuracy(logits.detach(), labels), dtype=torch.float64)
    return {"gates": gates.cpu(), "loss": loss.detach().double().cpu(), "accuracy": seen}


class _BlockGates:
    """The hook at a mixed operation's output: fills its row of gates from x and G."""

    def __init__(
        self,
        block: MixedOperation,
        active: int,
        wanted: Sequence[int],
        gates: Tensor,
        x: Tensor,
        y: Tensor,
    ) -> None:
        self.block, self.active, self.wanted = block, active, wanted
        self.gates, self.x, self.y = gates, x.detach(), y.detach()

    @torch.no_grad()
    def __call__(self, gradient: Tensor) -> None:
        others = [choice for choice in self.wanted if choice != self.active]
        if self.active in self.wanted:
            self.gates[self.active] = self._active_gate(gradient)
        candidates = {choice: self.block[choice] for choice in others}
        running = {choice: c for choice, c in candidates.items() if not c.operation.free}
        if running:
            given, sums = BlockInput(self.x), channel_sums(gradient)
            for choice, candidate in running.items():
                self.gates[choice] = evaluate(candidate, given).inner_product(gradient, sums)
        del self.x, self.y

    def _active_gate(self, gradient: Tensor) -> Tensor:
        candidate = self.block[self.active]
        if candidate.operation.free:
            return gradient.new_zeros(())
        product = inner_product(gradient, self.y)
        return product - inner_product(gradient, self.x) if candidate.residual else product
