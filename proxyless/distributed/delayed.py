"""The former place of :class:`proxyless.distributed.Delayed`, for this release."""

import warnings

from .algorithm.delayed import Delayed

__all__ = ["Delayed"]

warnings.warn(
    "proxyless.distributed.delayed.Delayed is called proxyless.distributed.Delayed now",
    DeprecationWarning,
    stacklevel=2,
)
