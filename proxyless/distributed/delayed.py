"""The former place of :class:`proxyless.distributed.Delayed`, for this release."""

import warnings
from collections.abc import Callable, Iterable

from torch import Tensor
from torch.optim import Optimizer

from .algorithm.aggregators.base import Aggregator
from .algorithm.codecs.base import Codec
from .algorithm.contribution import Statistics
from .algorithm.delayed import Delayed as CurrentDelayed
from .algorithm.synchronised_state import Stateful
from .membership.membership import Membership

__all__ = ["Delayed"]

LOCAL_UPDATES = {"damped": "quasi-hyperbolic", "exact": "replay"}
"""What ``ahead`` could be in release 0.2, and its name as a local update."""

warnings.warn(
    "proxyless.distributed.delayed.Delayed is called proxyless.distributed.Delayed now; its "
    "keywords and defaults are in docs/sites.md",
    DeprecationWarning,
    stacklevel=2,
)


class Delayed(CurrentDelayed):
    """:class:`proxyless.distributed.Delayed` with the keywords and the defaults of release 0.2."""

    def __init__(
        self,
        optimizer: Optimizer,
        exchange: Membership,
        *,
        delay: int = 0,
        period: int = 1,
        codec: Codec | None = None,
        aggregator: Aggregator | None = None,
        ahead: str = "exact",
        transport: str = "direct",
        buffers: Iterable[Tensor] = (),
        companions: Iterable[Stateful] = (),
        learn: Callable[[Statistics], None] | None = None,
        committed: Callable[[int], None] | None = None,
    ) -> None:
        super().__init__(
            optimizer,
            exchange,
            delay=delay,
            period=period,
            codec=codec or "dense",
            aggregator=aggregator or "mean",
            local_update=LOCAL_UPDATES.get(ahead, ahead),
            transport=transport,
            buffers=buffers,
            synchronised=companions,
            apply_statistics=learn,
            on_commit=committed,
        )
