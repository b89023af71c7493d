"""An exponential moving average of a network's weights: often better than where they end."""

from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel


def averaged(network: nn.Module, decay: float) -> AveragedModel:
    """Return the average of a network's parameters and buffers, to be updated after every step.

    The decay grows to its value, min(decay, (1 + n) / (10 + n)) after n updates: otherwise the
    random weights of the beginning would stay in it for 1 / (1 - decay) steps.
    """

    def average(before: Tensor, now: Tensor, updates: Tensor | int) -> Tensor:
        if not now.is_floating_point():
            return now
        done = float(updates)
        return before.lerp(now, 1 - min(decay, (1 + done) / (10 + done)))

    return AveragedModel(network, avg_fn=average, use_buffers=True)
