"""What operations cost on a device: runtimes, the measuring protocol, tables, predictions.

This package knows operation specs; it knows nothing of training or search.
"""

from .calibration import calibrate
from .device import Device, this_cpu
from .predict import LatencyCosts, Predictor, load_predictor
from .profile import Protocol, profile
from .runtimes import RUNTIMES, Program, Runtime, available_runtimes, get_runtime
from .settings import Settings
from .table import Calibration, Entry, ProfileInfo, Table

__all__ = [
    "RUNTIMES",
    "Calibration",
    "Device",
    "Entry",
    "LatencyCosts",
    "Predictor",
    "ProfileInfo",
    "Program",
    "Protocol",
    "Runtime",
    "Settings",
    "Table",
    "available_runtimes",
    "calibrate",
    "get_runtime",
    "load_predictor",
    "profile",
    "this_cpu",
]
