"""Networks at 224 pixels in every runtime here, float32 and int8, one thread, in one run.

MobileNetV2 and the published ProxylessNAS networks, as this package exports them: milliseconds and
multiply-adds a second, beside those of a large matrix product. ``onnx_vs_torch_export`` compares
our ONNX file of MobileNetV2 with the one that ``torch.onnx.export`` writes of the same network.
``int8_accuracy_drop`` is of the trained models of the zoo whose test images are at hand, the
largest (float32 less int8, in points; negative where int8 is better). ``--quick`` has MobileNetV2
alone, in one process.
"""

import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.harness import Figures, Rows, cpu_runtimes, main
from benchmarks.trainings import CIFAR10
from latency import Program, Settings, get_runtime
from latency.runtimes import FileRuntime
from proxyless import Zoo, open_data
from proxyless.data.digits import DIGITS
from proxyless.deploy.benchmark.file_accuracy import file_accuracies
from proxyless.deploy.export import FORMATS, lower
from proxyless.deploy.model_file import ModelFile
from proxyless.deploy.timing import time_programs
from search_spaces import Architecture, Network
from search_spaces.mobilenet_v2 import mobilenet_v2

PUBLISHED = ("proxyless_mobile", "proxyless_cpu", "proxyless_gpu")
ROUNDS, QUICK_ROUNDS = 8, 3
SIDE, CALIBRATION_IMAGES = 224, 8
MATRIX, PRODUCTS = 1024, 10


def measure(quick: bool) -> tuple[Figures, Rows]:
    """Export, time, compare."""
    zoo = Zoo.built_in()
    networks = [mobilenet_v2(SIDE)]
    if not quick:
        networks += [zoo.architecture(name) for name in PUBLISHED]
    runtimes = cpu_runtimes()
    with tempfile.TemporaryDirectory() as folder:
        programs: dict[str, list[Program]] = {name: [] for name in runtimes}
        for architecture in networks:
            for runtime, program in exported(architecture, Path(folder), runtimes):
                programs[runtime].append(program)
        plain = Path(folder) / "torch_export.onnx"
        torch_export(mobilenet_v2(SIDE), plain)
        programs["onnxruntime"].append(Program("torch.onnx.export", file=str(plain)))
        rounds, processes = (QUICK_ROUNDS, 1) if quick else (ROUNDS, None)
        times = time_programs(programs, Settings(), rounds, processes)
    macs = {one.name: one.macs for one in networks} | {"torch.onnx.export": networks[0].macs}
    rows: Rows = []
    for (runtime, key), found in times.items():
        name, _, dtype = key.partition(" ")
        rows.append(
            {
                "network": name,
                "runtime": runtime,
                "dtype": dtype or "float32",
                "best_ms": found.best_ms,
                "median_ms": found.median_ms,
                "gmac_per_second": macs[name] / found.best_ms / 1e6,
            }
        )
    best = {(row["runtime"], row["network"], row["dtype"]): row["best_ms"] for row in rows}
    ours = best["onnxruntime", "mobilenet_v2", "float32"]
    figures = {
        "onnx_vs_torch_export": ours / best["onnxruntime", "torch.onnx.export", "float32"],
        "matrix_product_gmac_per_second": matrix_product(),
    }
    for runtime in runtimes:
        tag = runtime.replace("-", "_")
        plain_ms = best[runtime, "mobilenet_v2", "float32"]
        figures[f"mobilenet_v2_{tag}_ms"] = plain_ms
        if (runtime, "mobilenet_v2", "int8") in best:
            figures[f"int8_speedup_{tag}"] = plain_ms / best[runtime, "mobilenet_v2", "int8"]
    drops = list(int8_drops(zoo))
    rows += drops
    if drops:
        figures["int8_accuracy_drop"] = max(row["drop"] for row in drops)
    return figures, rows


def exported(
    architecture: Architecture, folder: Path, runtimes: list[str]
) -> Iterator[tuple[str, Program]]:
    """Yield what each runtime runs of a network: files of ours, or its operations in PyTorch."""
    torch.manual_seed(0)
    network = trained_like(architecture)
    images = np.random.default_rng(0).standard_normal(
        (CALIBRATION_IMAGES, *architecture.input_shape), np.float32
    )
    for kind in FORMATS.values():
        if kind.runtime not in runtimes:
            continue
        path = folder / f"{architecture.name}-{kind.file_name}"
        path.write_bytes(lower(network, architecture, kind, calibration=images))
        yield kind.runtime, Program(f"{architecture.name} {kind.dtype}", file=str(path))
    for name in runtimes:
        if not isinstance(get_runtime(name), FileRuntime):
            yield name, Program(f"{architecture.name} float32", architecture.active)


def trained_like(architecture: Architecture) -> Network:
    """Return a network whose residual blocks do something: they begin as identities."""
    network = architecture.build()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.ones_(module.weight)
    return network.eval()


def torch_export(architecture: Architecture, path: Path) -> None:
    """Write what PyTorch's own exporter makes of a network."""
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            trained_like(architecture), (torch.zeros(1, *architecture.input_shape),), str(path),
            dynamo=False,
        )  # fmt: skip


def matrix_product() -> float:
    """Return the multiply-adds (10^9) a second of a large float32 product on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    one, other = torch.randn(2, MATRIX, MATRIX)
    best = float("inf")
    for _ in range(PRODUCTS):
        start = time.perf_counter()
        torch.mm(one, other)
        best = min(best, time.perf_counter() - start)
    torch.set_num_threads(threads)
    return MATRIX**3 / best / 1e9


def int8_drops(zoo: Zoo) -> Iterator[dict[str, Any]]:
    """Yield what int8 costs each trained model whose test images are at hand, in points."""
    places = {DIGITS: DIGITS, CIFAR10.name: str(CIFAR10) if CIFAR10.exists() else None}
    for name in zoo.names:
        card = zoo.card(name)
        place = places.get(Path(card.training.data).name) if card.training else None
        if place is None:
            continue
        source = open_data(place)
        models = {one.format: ModelFile.load(zoo.path(name) / one.name) for one in card.files}
        found = file_accuracies(models, source)
        accuracies = {file_format: one.share for file_format, one in found.items()}
        for float32, int8 in (("onnx", "onnx-int8"), ("tflite", "tflite-int8")):
            if float32 in accuracies and int8 in accuracies:
                drop = 100 * (accuracies[float32] - accuracies[int8])
                yield {"model": name, "format": int8, "drop": drop}


if __name__ == "__main__":
    main("deploy", measure)
