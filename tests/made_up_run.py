"""Synthetic runs: folders with all files that a report reads."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from search_spaces import Architecture, Space

WARMUP, EPOCHS = 5, 20


def write_run(folder: Path, space: Space, generator: random.Random) -> None:
    architecture = Architecture.random(space, generator, "digits")
    searched = architecture.operations[len(space.before) : -len(space.after)]
    choices = [
        block.candidates.index(operation)
        for block, operation in zip(space.blocks, searched, strict=True)
    ]
    folder.mkdir(parents=True)
    architecture.save(folder / "architecture.json")
    (folder / "model.onnx").write_bytes(b"0" * 1234)
    write_search(folder / "search", space, choices)
    write_train(folder / "train", architecture)
    write_json(folder / "benchmark.json", {"rows": [benchmark_row(0.4126), tflite_row()]})


def write_search(folder: Path, space: Space, choices: list[int]) -> None:
    """Write the files of a search as early releases did, without format and version."""
    write_json(
        folder / "config.json",
        {
            "task": {"data": "digits <b>", "space": "tiny", "seed": 0},
            "method": "two-path",
            "devices": [{"table": "a.db", "target_ms": 0.42}, {"table": "b.db"}],
            "epochs": EPOCHS,
            "warmup_epochs": WARMUP,
            "table": None,
        },
    )
    write_lines(folder / "log.jsonl", [search_epoch(n, space, choices) for n in range(25)])
    write_json(
        folder / "result.json",
        {
            "architecture": [
                block.candidates[choice].label
                for block, choice in zip(space.blocks, choices, strict=True)
            ],
            "parameters": 90_000,
            "macs": 1_000_000,
            "predicted_ms": 0.4057,
            "target_ms": 0.42,
            "expected_ms": 0.4088,
            "fastest_ms": 0.211,
            "slowest_ms": 0.732,
            "entropy": 0.12,
            "confidence": 0.91,
            "converged": True,
            "candidates": [
                [operation.label for operation in block.candidates] for block in space.blocks
            ],
            "choices": choices,
            "candidate_ms": [
                [0.01 * (1 + place) for place, _ in enumerate(block.candidates)]
                for block in space.blocks
            ],
            "budgets": [time_budget(0.42, 0.4057)],
            "profile": "onnxruntime 1.31.1 on AMD EPYC (2 cores), 1 thread, batch 1, float32",
            "device": "54dbd9641a39",
            "device_name": "AMD EPYC (2 cores)",
            "runtime": "onnxruntime",
            "settings": {"threads": 1, "batch": 1, "dtype": "float32"},
            "relative_error": 0.024,
            "supernet_accuracy": 0.71,
            "skips": {
                "count": 1,
                "optional": 6,
                "random_least": 0,
                "random_most": 3,
                "collapsed": False,
            },
            "pareto": [],
        },
    )


def time_budget(limit: float, likeliest: float | None, aim: str = "match") -> dict[str, Any]:
    """Return a budget that a network of 0.4057 ms keeps; ``likeliest`` is of another network."""
    return {
        "name": "target_ms",
        "unit": "ms",
        "limit": limit,
        "aim": aim,
        "likeliest": likeliest,
        "expected": 0.4088,
        "derived": 0.4057,
    }


def overrule(run: Path, *blocks: int) -> None:
    """Make a candidate that was not chosen the likeliest in some blocks, counted from 0."""
    choices = json.loads((run / "search" / "result.json").read_text())["choices"]
    log = run / "search" / "log.jsonl"
    *before, last = [json.loads(line) for line in log.read_text().splitlines()]
    for block in blocks:
        row = last["probabilities"][block]
        likelier = (choices[block] + 1) % len(row)
        row[choices[block]], row[likelier] = row[likelier], row[choices[block]]
    write_lines(log, [*before, last])


def search_epoch(number: int, space: Space, choices: list[int]) -> dict[str, Any]:
    warm = number < WARMUP
    progress = 0.0 if warm else (number - WARMUP + 1) / EPOCHS
    rows = []
    for block, choice in zip(space.blocks, choices, strict=True):
        width = len(block.candidates)
        weights = [1 + 30 * progress**2 * (index == choice) for index in range(width)]
        rows.append([weight / sum(weights) for weight in weights])
    return {
        "phase": "warmup" if warm else "search",
        "epoch": number,
        "loss": 2.3 * 0.9**number,
        "accuracy": 1 - 0.9 * 0.92**number,
        "validation_loss": None if warm else 2.2 * 0.92**number,
        "validation_accuracy": None if warm else 1 - 0.9 * 0.94**number,
        "entropy": 1 - progress**2,
        "confidence": sum(max(row) for row in rows) / len(rows),
        "skip_probability": 0.2 * (1 - progress),
        "expected_ms": 0.51 - 0.1 * progress,
        "multiplier": progress,
        "probabilities": rows,
        "seconds": 1.5,
    }


def write_train(folder: Path, architecture: Architecture) -> None:
    write_json(folder / "config.json", {"epochs": 30, "recipe": {"learning_rate": 0.05}})
    epochs = [
        {
            "epoch": number,
            "loss": 2.3 * 0.88**number,
            "accuracy": 1 - 0.9 * 0.85**number,
            "learning_rate": 0.05,
            "seconds": 0.7,
        }
        for number in range(30)
    ]
    write_lines(folder / "log.jsonl", epochs)
    result = {
        "test_accuracy": 0.9876,
        "test_loss": 0.0432,
        "test_images": 360,
        "parameters": architecture.parameters,
        "macs": architecture.macs,
        "epochs": 30,
        "train_images": 1437,
        "mean": [0.3],
        "std": [0.4],
        "data": "digits <b>",
        "class_names": ["zero", "<script>one</script>", "two & three"],
    }
    write_json(folder / "result.json", result)


def benchmark_row(best_ms: float) -> dict[str, Any]:
    return {
        "file": "runs/digits/model.onnx",
        "times": {
            "runtime": "onnxruntime",
            "version": "1.31.1",
            "device": "AMD EPYC (2 cores)",
            "fingerprint": "54dbd9641a39",
            "settings": {"threads": 1, "batch": 1, "dtype": "float32"},
            "best_ms": best_ms,
            "median_ms": 1.04 * best_ms,
            "p95_ms": 1.3 * best_ms,
        },
        "images_per_second": 961.5,
        "peak_memory_bytes": 13_900_000,
        "file_bytes": 1234,
        "accuracy": 0.9876,
        "predicted_ms": 0.4057,
        "reference": None,
    }


def tflite_row() -> dict[str, Any]:
    row = benchmark_row(0.533)
    row["times"]["runtime"] = "tflite"
    return {**row, "file": "runs/digits/<model>.tflite", "predicted_ms": None}


def write_json(path: Path, data: Any) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(data))


def write_lines(path: Path, records: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


def edit(path: Path, change: Callable[[Any], object]) -> None:
    data = json.loads(path.read_text())
    change(data)
    write_json(path, data)
