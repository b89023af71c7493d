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
from .predict import Predictor, load_predictor
from .profile import Protocol, profile, profile_networks
from .runtimes import RUNTIMES, Program, Runtime, available_runtimes, get_runtime
from .settings import Settings
from .table import Calibration, Entry, ProfileInfo, Table

__all__ = [
    "RUNTIMES",
    "AdditiveCosts",
    "Calibration",
    "Check",
    "Costs",
    "Device",
    "Entry",
    "PeakCosts",
    "Predictor",
    "ProfileInfo",
    "Program",
    "Protocol",
    "Runtime",
    "Settings",
    "Table",
    "available_runtimes",
    "byte_costs",
    "calibrate",
    "check",
    "get_runtime",
    "load_predictor",
    "mac_costs",
    "parameter_costs",
    "peak_memory_costs",
    "profile",
    "profile_networks",
    "this_cpu",
]
