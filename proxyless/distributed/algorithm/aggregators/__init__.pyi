from .base import (
    Aggregator as Aggregator,
    SumAggregator as SumAggregator,
)
from .registry import (
    AGGREGATORS as AGGREGATORS,
    get_aggregator as get_aggregator,
)
