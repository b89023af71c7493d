"""What operations cost on a device: runtimes, the measuring protocol, tables, predictions.

This package knows operation specs; it knows nothing of training or search.
"""

from .calibration import calibrate
from .check import Check, check
from .costs import (
    AdditiveCosts,
    Costs,
    PeakCosts,
    byte_costs,
    mac_costs,
    parameter_costs,
    peak_memory_costs,
)
from .device import Device, this_cpu
from .difference import ComparedFamily, ComparedOperation, Difference, compare
from .merge import Merged, merge_tables
from .predict import Predictor, load_predictor
from .profile import Protocol, profile, profile_networks
from .published import (
    Exported,
    Imported,
    export_table,
    import_table,
    published_network,
)
from .relative import Position, RelativeCosts, relative_costs
from .runtimes import RUNTIMES, Program, Runtime, available_runtimes, get_runtime
from .settings import Settings
from .table import Calibration, Entry, ProfileInfo, Table

__all__ = [
    "RUNTIMES",
    "AdditiveCosts",
    "Calibration",
    "Check",
    "ComparedFamily",
    "ComparedOperation",
    "Costs",
    "Device",
    "Difference",
    "Entry",
    "Exported",
    "Imported",
    "Merged",
    "PeakCosts",
    "Position",
    "Predictor",
    "ProfileInfo",
    "Program",
    "Protocol",
    "RelativeCosts",
    "Runtime",
    "Settings",
    "Table",
    "available_runtimes",
    "byte_costs",
    "calibrate",
    "check",
    "compare",
    "export_table",
    "get_runtime",
    "import_table",
    "load_predictor",
    "mac_costs",
    "merge_tables",
    "parameter_costs",
    "peak_memory_costs",
    "profile",
    "profile_networks",
    "published_network",
    "relative_costs",
    "this_cpu",
]
