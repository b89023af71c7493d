"""What operations cost on a device: runtimes, the measuring protocol, tables, predictions.

This package knows operation specs; it knows nothing of training or search.
"""

from .choose import choose_networks
from .device import Device, this_cpu
from .features import Description, count_uses, describe
from .few_shot import FittedTable, fit_table
from .predict import LatencyCosts, Predictor, load_predictor
from .profile import Protocol, profile
from .regression import Posterior, bayesian_regression, leave_one_out, log_evidence
from .runtimes import RUNTIMES, Program, Runtime, available_runtimes, get_runtime
from .settings import Settings
from .table import Entry, ProfileInfo, Table

__all__ = [
    "RUNTIMES",
    "Description",
    "Device",
    "Entry",
    "FittedTable",
    "LatencyCosts",
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
    "choose_networks",
    "count_uses",
    "describe",
    "fit_table",
    "get_runtime",
    "leave_one_out",
    "load_predictor",
    "log_evidence",
    "profile",
    "this_cpu",
]
