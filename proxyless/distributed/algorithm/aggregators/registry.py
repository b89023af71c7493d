"""The aggregators by name."""

from ...registry import Registry
from .base import Aggregator

AGGREGATORS = Registry("aggregator", "proxyless.aggregators", {"mean": f"{__package__}.mean:Mean"})
"""The built-in one, and those of installed packages."""


def get_aggregator(name: str) -> Aggregator:
    """Return the aggregator called ``name``.

    Raises:
        DistributedError: there is no such aggregator.
    """
    return AGGREGATORS.load(name, Aggregator)()  # type: ignore[type-abstract]
