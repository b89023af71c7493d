"""How the contributions of workers become one gradient: a file each."""

from .base import Aggregator
from .mean import Mean

__all__ = ["Aggregator", "Mean"]
