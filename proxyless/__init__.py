"""The search: supernet, updates, budgets, training, export, benchmark, report.

Each function here is the command-line verb of the same name; what goes in and comes out can be
written to disk, read by another tool and loaded again.
"""

from .benchmark import benchmark, save_benchmark
from .config import DeviceConfig, SearchConfig, TaskConfig, TrainConfig
from .data import open_data
from .demo import demo
from .export import export
from .report import write_report as report
from .search import search
from .train import train
from .zoo import Zoo, load, load_architecture

__all__ = [
    "DeviceConfig",
    "SearchConfig",
    "TaskConfig",
    "TrainConfig",
    "Zoo",
    "benchmark",
    "demo",
    "export",
    "load",
    "load_architecture",
    "open_data",
    "report",
    "save_benchmark",
    "search",
    "train",
]
