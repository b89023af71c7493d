"""What operations cost on a device: runtimes, the measuring protocol, tables, predictions.

This package knows operation specs; it knows nothing of training or search.
"""

from .calibration import calibrate
from .checking import (
    Check,
    check,
    check_profile,
)
from .choose import choose_networks
from .costs import (
    AdditiveCosts,
    PeakCosts,
    byte_costs,
    choice_mask,
    mac_costs,
    parameter_costs,
    peak_memory_costs,
)
from .device import Device, this_cpu
from .difference import ComparedFamily, ComparedOperation, Difference, compare
from .features import Description, count_uses, describe
from .few_shot import FittedTable, fit_table
from .hosts import Host, get_host
from .merge import Merged, merge_tables
from .predict import Predictor, load_predictor, load_wanted
from .profiling import (
    Protocol,
    profile,
    profile_networks,
)
from .published import (
    Exported,
    Imported,
    export_table,
    import_table,
    published_network,
)
from .regression import Posterior, bayesian_regression, leave_one_out, log_evidence
from .relative import Position, RelativeCosts, relative_costs
from .runtimes import RUNTIMES, Program, Runtime, available_runtimes, get_runtime
from .settings import Settings
from .table import Calibration, Entry, ProfileInfo, Table
from .wanted import Wanted
from .whole_networks import (
    MeasuredNetwork,
    draw_networks,
    fit_networks,
    read_networks,
)

__all__ = [
    "RUNTIMES",
    "AdditiveCosts",
    "Calibration",
    "Check",
    "ComparedFamily",
    "ComparedOperation",
    "Description",
    "Device",
    "Difference",
    "Entry",
    "Exported",
    "FittedTable",
    "Host",
    "Imported",
    "MeasuredNetwork",
    "Merged",
    "PeakCosts",
    "Position",
    "Posterior",
    "Predictor",
    "ProfileInfo",
    "Program",
    "Protocol",
    "RelativeCosts",
    "Runtime",
    "Settings",
    "Table",
    "Wanted",
    "available_runtimes",
    "bayesian_regression",
    "byte_costs",
    "calibrate",
    "check",
    "check_profile",
    "choice_mask",
    "choose_networks",
    "compare",
    "count_uses",
    "describe",
    "draw_networks",
    "export_table",
    "fit_networks",
    "fit_table",
    "get_host",
    "get_runtime",
    "import_table",
    "leave_one_out",
    "load_predictor",
    "load_wanted",
    "log_evidence",
    "mac_costs",
    "merge_tables",
    "parameter_costs",
    "peak_memory_costs",
    "profile",
    "profile_networks",
    "published_network",
    "read_networks",
    "relative_costs",
    "this_cpu",
]
