"""``proxyless tables calibrate``: correct a profile by whole networks."""

from dataclasses import asdict
from typing import Annotated

import typer

import latency

from ...config import TaskConfig
from .. import options
from ..output import progress_bar, say_changed, show
from .arguments import DEFAULT_TABLE, TableArgument
from .showing import calibration_facts


def calibrate(
    table: TableArgument = DEFAULT_TABLE,
    space: options.SpaceName = "tiny",
    networks: Annotated[int, typer.Option(help="Whole networks to measure.")] = 20,
    data: options.OptionalData = None,
    width: options.Width = None,
    resolution: options.Resolution = None,
    runtime: options.ChosenRuntime = None,
    device: options.HostDevice = None,
    remote_python: options.RemotePython = None,
    benchmark_model: options.BenchmarkModel = None,
    threads: options.ChosenThreads = None,
    latency_batch: options.ChosenBatch = None,
    dtype: options.ChosenDtype = None,
    rounds: Annotated[int, typer.Option(help="Visits to each network in a process.")] = 4,
    processes: Annotated[int, typer.Option(help="Fresh processes to measure in.")] = 3,
    json: options.Json = False,
) -> None:
    """Measure whole networks of a space here and correct the profile's entries by them.

    The raw entries stay. What is measured already counts; an interrupted calibration continues.
    """
    expanded = TaskConfig(data or "", space, width, resolution).expand_space()
    host = latency.get_host(device, remote_python=remote_python, benchmark_model=benchmark_model)
    protocol = latency.Protocol(processes=processes, rounds=rounds)
    with progress_bar(f"calibrate {expanded.name}") as update:
        calibration = latency.profile_networks(
            expanded,
            table,
            networks,
            latency.Wanted(runtime, None, threads, latency_batch, dtype),
            protocol,
            update,
            host,
            say_changed,
        )
    show("Calibration", calibration_facts(calibration), json, asdict(calibration))
