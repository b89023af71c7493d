"""What processes of trials inherit, so that each starts at once: imports, and nothing that runs."""

import gc
import importlib
import os
import pkgutil

OURS = ("search_spaces", "latency", "proxyless")
OTHERS = (
    "ai_edge_litert.interpreter", "datasets", "matplotlib.pyplot", "onnx", "pyarrow.parquet",
    "scipy.optimize", "sklearn.datasets", "sqlite_utils", "torch._dynamo",
)  # fmt: skip
"""Not onnxruntime: it starts a thread, which a fork would lack."""


def prepare() -> None:
    """Import everything, in a process that has one thread."""
    os.environ["OMP_NUM_THREADS"] = "1"
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["JE_ARROW_MALLOC_CONF"] = "background_thread:false"
    for name in OTHERS:
        importlib.import_module(name)
    for package in map(importlib.import_module, OURS):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    gc.collect()
