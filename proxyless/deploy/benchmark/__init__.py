"""What a model file takes on this machine, and what it is worth."""

from .benchmarking import ROUNDS, benchmark
from .row import BenchmarkRow, load_benchmark, save_benchmark

__all__ = ["ROUNDS", "BenchmarkRow", "benchmark", "load_benchmark", "save_benchmark"]
