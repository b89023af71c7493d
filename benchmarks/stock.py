"""Our networks with PyTorch's own modules in them: what plain training is."""

from typing import TypeVar

from torch import nn

from search_spaces.depthwise import DepthwiseConvolution

Module = TypeVar("Module", bound=nn.Module)


def stock(module: Module) -> Module:
    """Turn depthwise convolutions back into PyTorch's, in place."""
    for part in module.modules():
        if isinstance(part, DepthwiseConvolution):
            part.__class__ = nn.Conv2d  # type: ignore[assignment]
    return module
