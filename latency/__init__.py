"""What operations cost on a device: runtimes, the measuring protocol, tables, predictions.

This package knows operation specs; it knows nothing of training or search.
"""

from .device import Device, this_cpu
from .hosts import Host, get_host
from .predict import LatencyCosts, Predictor, load_predictor
from .profile import Protocol, profile
from .runtimes import RUNTIMES, Program, Runtime, available_runtimes, get_runtime
from .settings import Settings
from .table import Entry, ProfileInfo, Table

__all__ = [
    "RUNTIMES",
    "Device",
    "Entry",
    "Host",
    "LatencyCosts",
    "Predictor",
    "ProfileInfo",
    "Program",
    "Protocol",
    "Runtime",
    "Settings",
    "Table",
    "available_runtimes",
    "get_host",
    "get_runtime",
    "load_predictor",
    "profile",
    "this_cpu",
]
