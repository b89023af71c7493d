"""Shared helpers of tests: a small space, its data, and the command line."""

import contextlib
import io
import signal
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from unittest import mock

import numpy as np
import torch
from nursery import Nursery
from PIL import Image
from torch import nn

from latency import Device, ProfileInfo, Settings, Table
from latency.timing.measurement import Measurement
from proxyless.cli import main
from search_spaces import Network, Operation

SHARED_DATA = Path(__file__).parents[1] / "../shared/data"
CLASSES = ("dots", "lines", "rings")

MICRO = """
format = 1
name = "micro"
classes = 3
input = { channels = 1, resolution = 8 }
stem = { width = 8 }
first_block = { width = 8 }
candidates = { expansions = [1, 2], kernels = [3, 5] }
stages = [{ width = 8, depth = 2 }, { width = 16, depth = 2, stride = 2 }]
head = { width = 24 }
"""
"""400 networks in 4 blocks of 4 or 5 candidates, for 8x8 grey images of 3 classes."""


@dataclass(frozen=True)
class Outcome:
    """Exit status and output of a command."""

    status: int
    stdout: str
    stderr: str


def run_cli(*arguments: object) -> Outcome:
    """Run ``proxyless`` in this process, by the entry point of its script."""
    stdout, stderr = io.StringIO(), io.StringIO()
    status: Any = None
    with (
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stderr),
        mock.patch.object(sys, "argv", ["proxyless", *map(str, arguments)]),
    ):
        try:
            main()
        except SystemExit as left:
            status = left.code
    return Outcome(int(status or 0), stdout.getvalue(), stderr.getvalue())


def run_until(nursery: Nursery, reached: Callable[[], bool], *arguments: object) -> None:
    """Run ``python -m proxyless`` and kill it with SIGKILL once ``reached()``."""
    with tempfile.TemporaryFile("w+") as errors:
        process = nursery.start("-m", "proxyless", *arguments, errors=errors)
        while not reached():
            assert process.poll() is None, f"ended early: {read_all(errors)}"
            time.sleep(0.002)
        process.kill()
        assert process.wait() == -signal.SIGKILL, "it ended before it could be killed"


def read_all(file: IO[str]) -> str:
    """Return the whole content of a file."""
    file.seek(0)
    return file.read()


def lines_of(path: Path) -> int:
    """Return the number of lines of a file; 0 if it does not exist."""
    return path.read_bytes().count(b"\n") if path.exists() else 0


def write_images(folder: Path, counts: Sequence[int], side: int = 8, mode: str = "L") -> Path:
    """Write PNGs in a folder per class; classes differ by brightness and frequency."""
    generator = np.random.default_rng(0)
    for number, count in enumerate(counts):
        (folder / CLASSES[number]).mkdir(parents=True)
        wave = np.sin(np.arange(side) * (number + 1))
        for index in range(count):
            noise = generator.normal(0, 10, (side, side))
            pixels = np.clip(128 + 60 * wave[:, None] * wave + noise, 0, 255).astype(np.uint8)
            image = Image.fromarray(pixels).convert(mode)
            image.save(folder / CLASSES[number] / f"{index:03}.png")
    return folder


def randomise(module: nn.Module, seed: int = 0) -> None:
    """Set the parameters and statistics of batch norms at random, with scales of both signs."""
    generator = torch.Generator().manual_seed(seed)
    for norm in module.modules():
        if isinstance(norm, nn.BatchNorm2d):
            signs = torch.randint(0, 2, norm.weight.shape, generator=generator) * 2 - 1
            scale = torch.rand(norm.weight.shape, generator=generator) + 0.5
            norm.weight.data.copy_(signs * scale)
            norm.bias.data.normal_(0, 0.5, generator=generator)
            if norm.running_mean is not None and norm.running_var is not None:
                norm.running_mean.normal_(0, 0.3, generator=generator)
                norm.running_var.uniform_(0.3, 2, generator=generator)


def randomised(network: Network, seed: int = 0) -> Network:
    """Return the network in evaluation mode as if it had been trained."""
    randomise(network, seed)
    return network.eval()


def same(first: Any, second: Any) -> bool:
    """Return whether nested plain data and tensors are exactly equal."""
    if isinstance(first, torch.Tensor):
        return first.dtype == second.dtype and torch.equal(first, second)
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(same, first, second))
    return bool(first == second)


def measurement(
    program: str, process: int = 0, number: int = 0, ms: float = 1.0, **fields: Any
) -> Measurement:
    """Return a synthetic measurement of ``ms`` milliseconds."""
    times: dict[str, Any] = {"minimum_ms": ms, "median_ms": ms, "cpu_ms": ms}
    times |= {"calls": 8, "switches": 0}
    times["measured_at"] = "2024-01-01T00:00:00+00:00"
    return Measurement(program=program, process=process, round=number, **{**times, **fields})


def rename_device(path: Path, name: str) -> None:
    """Give the one device of a table another name, and the fingerprint that goes with it."""
    with sqlite3.connect(path) as connection:
        ((_, *facts),) = connection.execute("SELECT * FROM devices").fetchall()
        device = Device(name, *facts[1:])
        connection.execute(
            "UPDATE devices SET name = ?, fingerprint = ?", [name, device.fingerprint]
        )
        connection.execute("UPDATE profiles SET device = ?", [device.fingerprint])
    connection.close()


def write_table(
    path: Path,
    operations: Sequence[Operation],
    milliseconds: Callable[[Operation], float],
    device: str = "Phone",
    overhead: float = 0.5,
    **address: Any,
) -> ProfileInfo:
    """Add a synthetic measured profile to a table; ``milliseconds`` is what an operation adds."""
    profile_address = {"runtime": "litert", "version": "2", "settings": Settings(), **address}
    with Table.open(path, create=True) as table:
        info = table.add_profile(
            Device(device, 8, "arm64", "Android 14", 2**33), **profile_address, libraries={}
        )
        table.add_program("overhead", "overhead", [])
        table.add_measurement(info.id, measurement("overhead", ms=overhead))
        for operation in operations:
            table.add_program(operation.key, "operation", [operation])
            table.add_measurement(
                info.id, measurement(operation.key, ms=overhead + milliseconds(operation))
            )
    return info
