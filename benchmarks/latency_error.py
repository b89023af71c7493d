"""Held-out error of latency tables: predicted against measured networks, on every runtime.

One table a runtime is measured and calibrated anew; then networks nobody has seen are measured the
same day: "uniform" ones (every choice alike) and "wide" ones (varied depth and mix). Predictions
use no measured network (``n0``), five (``n5``) or twenty. The control knows MACs alone, an affine
map fitted to the same twenty networks.
"""

import dataclasses
import random
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.harness import Figures, Rows, main
from latency import Protocol, Settings, Table, available_runtimes, calibrate, load_predictor, profile
from latency.calibrate import noise_floor
from latency.profile import measure_networks, network_program
from latency.sampling import uniform_network, wide_network
from latency.statistics import ErrorStatistics
from search_spaces import Architecture, load_definition

HELD_OUT = 20
CALIBRATION = 20
COVERAGE = 0.9


def measure(quick: bool) -> tuple[Figures, Rows]:
    """Measure every CPU runtime that is installed."""
    figures: Figures = {}
    rows: Rows = []
    for runtime in available_runtimes():
        if runtime != "torch-cuda":
            found, measured = measure_runtime(runtime, quick)
            figures |= found
            rows += measured
    return figures, rows
