"""The search: supernet, updates, budgets, training, export, benchmark, report.

Each function here is the command-line verb of the same name; what goes in and comes out can be
written to disk, read by another tool and loaded again.
"""

from .config import DeviceConfig, SearchConfig, TaskConfig, TrainConfig
from .data import open_data
from .demonstration import demo
from .deploy.benchmark import benchmark, save_benchmark
from .deploy.export import export
from .nas.search import search
from .reporting import write_report as report
from .training.train import train
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
