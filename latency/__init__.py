"""What operations cost on a device: runtimes, the measuring protocol, tables, predictions.

This package knows operation specs; it knows nothing of training or search.
"""

from .calibration import calibrate
from .check import Check, check
from .choose import choose_networks
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
from .features import Description, count_uses, describe
from .few_shot import FittedTable, fit_table
from .hosts import Host, get_host
from .predict import Predictor, load_predictor
from .profile import Protocol, profile, profile_networks
from .regression import Posterior, bayesian_regression, leave_one_out, log_evidence
from .runtimes import RUNTIMES, Program, Runtime, available_runtimes, get_runtime
from .settings import Settings
from .table import Calibration, Entry, ProfileInfo, Table

__all__ = [
    "RUNTIMES",
    "AdditiveCosts",
    "Calibration",
    "Check",
    "Costs",
    "Description",
    "Device",
    "Entry",
    "FittedTable",
    "Host",
    "PeakCosts",
    "Posterior",
    "Predictor",
    "ProfileInfo",
    "Program",
    "Protocol",
    "Runtime",
    "Settings",
    "Table",
    "available_runtimes",
    "bayesian_regression",
    "byte_costs",
    "calibrate",
    "check",
    "choose_networks",
    "count_uses",
    "describe",
    "fit_table",
    "get_host",
    "get_runtime",
    "leave_one_out",
    "load_predictor",
    "log_evidence",
    "mac_costs",
    "parameter_costs",
    "peak_memory_costs",
    "profile",
    "profile_networks",
    "this_cpu",
]
