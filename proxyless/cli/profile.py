"""``proxyless profile``: measure a space on this device, or on one over SSH or ADB."""

from pathlib import Path
from typing import Annotated

import typer

import latency

from ..config import TaskConfig
from . import options
from .output import milliseconds, say_changed, show
from .progress import progress_bar


def profile(
    space: options.SpaceName = "tiny",
    table: options.TablePath = Path("tables/latency.db"),
    runtime: options.RuntimeName = "onnxruntime",
    threads: options.Threads = 1,
    batch: Annotated[int, typer.Option(help="Images a call.")] = 1,
    dtype: options.Dtype = "float32",
    data: options.OptionalData = None,
    width: options.Width = None,
    resolution: options.Resolution = None,
    rounds: Annotated[int, typer.Option(help="Visits to each operation in a process.")] = 8,
    processes: Annotated[int, typer.Option(help="Fresh processes to measure in.")] = 3,
    device: options.HostDevice = None,
    remote_python: options.RemotePython = None,
    benchmark_model: options.BenchmarkModel = None,
    json: options.Json = False,
) -> None:
    """Measure every operation of a space on a device, this one or another, into a latency table.

    What the table holds already is kept; an interrupted profile continues. Before something is
    added to a profile, a few of its entries are measured again, to say if the device has changed.
    """
    host = latency.get_host(device, remote_python=remote_python, benchmark_model=benchmark_model)
    definition = TaskConfig(data or "", space, width, resolution)
    expanded = definition.expand_space()
    settings = latency.Settings(threads, batch, dtype)
    protocol = latency.Protocol(processes=processes, rounds=rounds)
    with progress_bar(f"profile {expanded.name}") as update:
        info = latency.profile(
            expanded, table, runtime, settings, protocol, update, host, say_changed
        )
    predictor = latency.load_wanted(table, latency.Wanted.exactly(info))
    fastest, slowest = predictor.bounds(expanded)
    facts = {
        "table": str(table),
        "device": str(info.device),
        "runtime": f"{info.runtime} {info.version}, {info.settings}",
        "operations": len(expanded.operations()),
        "fastest network": milliseconds(fastest),
        "slowest network": milliseconds(slowest),
    }
    data_out = {**facts, "fastest_ms": fastest, "slowest_ms": slowest}
    show("Profile", facts, json, data_out)
