"""Synthetic results for the output of every verb, without measuring, searching or training."""

import random
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support import MICRO, write_table

from latency import Calibration, Check, ProfileInfo, Settings, Table
from latency.statistics.prediction_errors import ErrorStatistics
from latency.statistics.variance import VarianceEstimate
from proxyless.demonstration import DemoResult
from proxyless.deploy.benchmark import BenchmarkRow
from proxyless.deploy.export import Export
from proxyless.deploy.export.delegation import Delegation
from proxyless.runs.found_network import FoundNetwork
from proxyless.runs.results import (
    BudgetResult,
    ParetoPoint,
    SearchResult,
    Skips,
    Times,
    TrainingResult,
)
from proxyless.zoo import Card, Verified
from proxyless.zoo.card import Latency, ModelEntry, Published, Training
from search_spaces import Architecture, Operation, load_space

BOARD = "Raspberry Pi 4 Model B Rev 1.4"
SERVER = "Intel(R) Xeon(R) Platinum 8370C CPU @ 2.80GHz"
PUBLISHED = """\
block_name,latency(ms)
Conv-input:224x224x3-output:112x112x32,1.31
expanded_conv-input:56x56x24-output:28x28x40-expand:3-kernel:5-stride:2-idskip:0,2.4
SqueezeExcite-input:28x28x120-output:28x28x120-reduction:4,0.35
AvgPool2D-input:7x7x320-output:1x1x320,0.02
"""
ERRORS = ErrorStatistics(20, 1.553, 0.48, 0.0016842, 95.0, 100.0, 0.991, 0.935)
SETTINGS = Settings(4, 1)


def make(folder: Path) -> None:
    """Fill a folder with tables, models and a run."""
    architecture = _architecture()
    (folder / "micro.toml").write_text(MICRO)
    (folder / "published.csv").write_text(PUBLISHED)
    _write_tables(folder)
    _write_zoo(folder / "models", architecture)
    (folder / "run").mkdir()
    architecture.save(folder / "run" / "architecture.json")


def replace_work(patch: pytest.MonkeyPatch) -> None:
    """Replace the slow work of verbs by synthetic results, for the current folder."""
    with Table.open(Path("tiny.db")) as table:
        (info,) = table.profiles()
    for name, result in _results(info, _architecture()).items():
        patch.setattr(name, lambda *_, result=result, **__: result)


def _architecture() -> Architecture:
    return Architecture.random(load_space("tiny"), random.Random(0), "digits")


def _results(info: ProfileInfo, architecture: Architecture) -> dict[str, Any]:
    """Return the result of each function that verbs call, by its full name."""
    return {
        "latency.profile": info,
        "latency.check": _check(info),
        "latency.profile_networks": calibration(),
        "latency.fit_networks": (info, calibration()),
        "latency.read_networks": [],
        "proxyless.cli.tables.plotting.draw_relative_costs": (
            f"Relative costs of blocks. {BOARD}, litert, on average: MB6_5x5 takes 4.1 times as "
            "long as MB1_3x3."
        ),
        "proxyless.nas.search.search": [
            FoundNetwork(architecture, _result(info, architecture, target_ms))
            for target_ms in (20.0, 21.3)
        ],
        "proxyless.training.train.train": TrainingResult(
            0.98765, 0.0432, 359, 1438, 30, 536970, 9_000_000, ["one", "two"], [0.3], [0.4],
            "digits",
        ),
        "proxyless.deploy.export.export": _export(),
        "proxyless.deploy.benchmark.benchmark": _benchmark(),
        "proxyless.reporting.report": Path("run/report.html"),
        "proxyless.demonstration.demo": DemoResult(
            0.16, 0.1577, 0.1602, 0.98611, 2.4e-6, 536970, list(architecture.labels),
            "runs/demo/report.html", "runs/demo/model.onnx",
        ),
        "proxyless.zoo.publish": card("digits_board"),
        "proxyless.zoo.measure": card("digits_board"),
        "proxyless.zoo.verify": Verified(
            "digits_board", {"model.onnx": 2.6e-6, "model-int8.onnx": 0.78}, {"model.onnx": 0.9875}
        ),
    }  # fmt: skip


def calibration(corrections: dict[str, tuple[float, float]] | None = None) -> Calibration:
    spread = VarianceEstimate(0.0004, 18)
    return Calibration(20, 0.1422, spread, spread, ERRORS, ERRORS, 0.83, corrections or {})


def _cost(operation: Operation) -> float:
    return operation.macs / 1e6 + 0.0031


def _other_cost(operation: Operation) -> float:
    return operation.macs / 4e6 * (1 + operation.parameters / 1e5) + 0.02


def _write_tables(folder: Path) -> None:
    """Write a table of a board and a server, one of a phone, and one that `profile` adds to."""
    path, operations = folder / "board.db", load_space("imagenet").operations()
    board = write_table(path, operations, _cost, BOARD, version="2.3.0", settings=SETTINGS)
    small = load_space("tiny").operations()
    write_table(path, small, _other_cost, SERVER, runtime="onnxruntime", version="1.31.1")
    with Table.open(path) as table:
        corrections = {
            operation.key: (_cost(operation) * 0.93, _cost(operation) / 20)
            for operation in operations
        }
        table.set_calibration(board.id, calibration(corrections))
    write_table(folder / "phone.db", operations, _other_cost, "Phone")
    write_table(folder / "tiny.db", small, _cost, BOARD, version="2.3.0", settings=SETTINGS)


def times(runtime: str, ms: float, device: str = f"{BOARD} (4 cores)", dtype: str = "") -> Times:
    settings = Settings(4, 1, dtype or "float32")
    return Times(runtime, "1.31.1", device, "54dbd9641a39", settings, ms, 1.04 * ms, 1.3 * ms)


def card(name: str) -> Card:
    files = (
        ModelEntry("model.onnx", "onnx", 2_133_376, "0" * 64, 0.9875),
        ModelEntry("model-int8.tflite", "tflite-int8", 735_112, "1" * 64, 0.98611),
    )
    training = Training(
        "data/handwritten-digits", tuple("0123456789"), (0.3,), (0.37,), 1438, 359, 30, 0.9875
    )
    latencies = (
        Latency("model.onnx", times("onnxruntime", 1.2345), 1.25, "2024-01-01"),
        Latency("model-int8.tflite", times("litert", 0.6789, dtype="int8"), None, "2024-01-01"),
    )
    summary = "A network of the space tiny for 8 x 8 images of one channel, 10 classes."
    return Card(name, summary, training, None, files, latencies, ("proxyless export run",))


def _write_zoo(zoo: Path, architecture: Architecture) -> None:
    published = Published("arxiv.org/abs/1812.00332", "Its authors state 74.6 % on ImageNet.")
    network = Architecture.random(load_space("imagenet"), random.Random(1))
    for name, model_card, model_architecture in (
        ("digits_board", card("digits_board"), architecture),
        (
            "found_for_a_phone_1.4",
            Card("found_for_a_phone_1.4", "As published.", None, published),
            network,
        ),
    ):
        folder = zoo / name
        folder.mkdir(parents=True)
        model_architecture.save(folder / "architecture.json")
        model_card.save(folder / "card.json")
        for file in (
            (*(file.name for file in model_card.files), "weights.safetensors")
            if model_card.files
            else ()
        ):
            (folder / file).write_bytes(b"")


def _check(info: ProfileInfo) -> Check:
    first, second, *_ = load_space("tiny").operations()
    ratios = {first.key: 1.02, second.key: 1.31}
    libraries: dict[str, tuple[str | None, str | None]] = {
        "litert": ("2.2.0", "2.3.0"),
        "xnnpack": (None, "1"),
    }
    return Check(info, "2.3.0", libraries, ratios, 1.05, 0.25, 0.05, "changed")


def _export() -> Export:
    return Export(
        path="run/model-int8.tflite",
        format="tflite-int8",
        batch=1,
        bytes=735_112,
        max_difference=0.19,
        images_checked=64,
        test_accuracy=0.95265,
        pytorch_accuracy=0.95543,
        measured=times("litert", 0.07155, dtype="int8"),
        delegation=Delegation(40, ("SOFTMAX", "MEAN", "MEAN")),
    )


def _benchmark() -> list[BenchmarkRow]:
    def row(file: str, measured: Times, predicted: float | None = None) -> BenchmarkRow:
        memory = None if measured.runtime.startswith("torch") else 13_900_000
        return BenchmarkRow(
            file, measured, 961.5 / measured.best_ms, memory, 2_133_376, 0.98765, predicted,
            measured.best_ms / 3, 10_000, "test",
        )  # fmt: skip

    int8 = times("litert", 0.6789, dtype="int8")
    return [
        row("run/model.onnx", times("onnxruntime", 1.2345), 1.25),
        row("run/model-int8.tflite", int8),
        row("run/model.onnx", times("torch-cuda-graph", 0.09123, "NVIDIA H100 80GB HBM3")),
    ]


def _result(info: ProfileInfo, architecture: Architecture, target_ms: float) -> SearchResult:
    point = partial(ParetoPoint, [0], 123.456)
    return SearchResult(
        architecture=list(architecture.labels),
        budgets=[BudgetResult("target_ms", "ms", target_ms, 19.8765)],
        predicted_ms=19.8765,
        expected_ms=20.1,
        relative_error=0.024,
        target_ms=target_ms,
        fastest_ms=4.56789,
        slowest_ms=123.456,
        profile=str(info),
        device=info.device.fingerprint,
        runtime=info.runtime,
        settings=Settings(4),
        parameters=architecture.parameters,
        macs=architecture.macs,
        peak_memory=1_204_224,
        max_peak_memory=2e6,
        skips=Skips(5, 6, 0, 3, collapsed=True),
        entropy=0.4,
        confidence=0.42,
        converged=False,
        candidates=[["MB3_3x3"]],
        choices=[0],
        supernet_accuracy=0.7123,
        pareto=[
            point(4.56789, 0.512, dominated=False),
            point(60.123, 0.6987, dominated=True),
            point(123.456, 0.7123, dominated=False),
        ],
    )
