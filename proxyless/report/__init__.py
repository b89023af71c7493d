"""Pictures of what was found: a page about one run, and what blocks cost on devices."""

from .page import write_report
from .relative_costs import write_relative_costs

__all__ = ["write_relative_costs", "write_report"]
