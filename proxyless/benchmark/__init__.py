"""What a model file takes on this machine, and what it is worth."""

from .benchmarking import ROUNDS, BenchmarkRow, benchmark, save_benchmark

__all__ = ["ROUNDS", "BenchmarkRow", "benchmark", "save_benchmark"]
