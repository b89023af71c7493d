"""One round of NNI 3.0's Proxyless strategy: an architecture step, then a weight step.

The same operations, path, batch and optimisers as ours, in the order of NNI's own
``DartsLightningModule.training_step`` without Lightning around it. NNI's architecture parameters
require gradients in the weight step too, so all candidates are evaluated in both.
"""

from collections.abc import Callable, Sequence
from importlib.util import find_spec

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.stock import stock
from proxyless.config import Recipe
from proxyless.engine.optimiser import make_optimizer
from search_spaces import Operation, Space
from search_spaces.modules import OperationModule

INSTALLED = find_spec("nni") is not None


def pair(space: Space, images: Tensor, labels: Tensor, path: Sequence[int]) -> Callable[[], None]:
    """Return the two steps as one call, in PyTorch's default memory format, as NNI runs them."""
    from nni.mutable.frozen import frozen_context
    from nni.nas.oneshot.pytorch.supermodule.proxyless import ProxylessMixedLayer

    weights: list[nn.Parameter] = []
    alphas: list[nn.Parameter] = []

    def module(operation: Operation) -> OperationModule:
        built = stock(OperationModule(operation))
        weights.extend(built.parameters())
        return built

    layers: list[nn.Module] = [module(operation) for operation in space.before]
    for number, (block, choice) in enumerate(zip(space.blocks, path, strict=True)):
        paths = {str(index): module(c) for index, c in enumerate(block.candidates)}
        alphas.append(nn.Parameter(torch.randn(len(paths)) * 1e-3))
        name = f"block{number}"
        with frozen_context({name: str(choice)}):
            layer = ProxylessMixedLayer(paths, alphas[-1], nn.Softmax(-1), name)
        layer._sample_idx = choice
        layers.append(layer)
    layers += [module(operation) for operation in space.after]
    network = nn.Sequential(*layers)
    architecture = torch.optim.Adam(alphas, lr=1e-3, betas=(0.0, 0.999))
    optimizer = make_optimizer(Recipe(learning_rate=1e-3), weights)
    planes = images.contiguous()

    def step() -> None:
        for one in (architecture, optimizer):
            one.zero_grad()
            torch.autograd.backward(F.cross_entropy(network(planes), labels))
            one.step()

    return step
