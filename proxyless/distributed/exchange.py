"""The former place of :class:`proxyless.distributed.Membership`, for this release."""

import warnings

from .membership.membership import Membership as Exchange

__all__ = ["Exchange"]

warnings.warn(
    "proxyless.distributed.exchange.Exchange is called proxyless.distributed.Membership now",
    DeprecationWarning,
    stacklevel=2,
)
