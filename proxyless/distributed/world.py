"""The former place of :class:`proxyless.distributed.World`, for this release."""

import warnings

from .transport.world import World

__all__ = ["World"]

warnings.warn(
    "proxyless.distributed.world.World is called proxyless.distributed.World now",
    DeprecationWarning,
    stacklevel=2,
)
