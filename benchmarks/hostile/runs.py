"""Runs of strangers: results, configurations, logs, weights, checkpoints, cards."""

import json
import math
import random
import shutil
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from benchmarks.hostile.mutation import as_json, mutated_bytes, mutated_plain
from benchmarks.hostile.trial import WronglyAcceptedError, proxyless

JSON_FILES = (
    "architecture.json", "benchmark.json", "provenance.json", "search/config.json",
    "search/costs.json", "search/log.jsonl", "search/result.json", "train/config.json",
    "train/log.jsonl", "train/result.json",
)  # fmt: skip
RESUME = (
    "search", "--config", "settings.toml", "--table", "tables/plain.db", "--device",
    "54dbd9641a39", "--max-params", "1300", "--out", "runs/half-gradient",
)  # fmt: skip
FELT = 0.05
"""The largest of a tensor's values, from which on another tensor gives other logits."""
MODELS = ("model.onnx", "model-int8.onnx", "model.tflite", "model-int8.tflite")


def honest(folder: Path, kept: Path) -> None:
    """Make a whole run."""
    shutil.copytree(kept / "runs/gradient", folder / "run")


def other_json(folder: Path, kept: Path, generator: random.Random) -> str:
    """Make a run with one wrong file."""
    honest(folder, kept)
    name = generator.choice(JSON_FILES)
    path = folder / "run" / name
    content, description = _mutated(path, generator)
    path.write_bytes(content)
    return f"{name}: {description}"


def report() -> None:
    """Write the page about the run, and export it; nothing else is written."""
    victim = Path("victim")
    victim.write_text("precious")
    try:
        proxyless("report", "run")
        proxyless("export", "run", "--no-measure", "--output", "out.onnx")
    finally:
        if victim.read_text() != "precious":
            raise WronglyAcceptedError("a file outside of the run was written")


def links(folder: Path, kept: Path, generator: random.Random) -> str:
    """Make a run in which a file that is to be written is a link to somebody's file."""
    honest(folder, kept)
    (folder / "victim").write_text("precious")
    names = (
        "report.html", "report.html.partial", "model.onnx", "model.onnx.partial", "benchmark.json",
        "train/log.jsonl", "train/result.json.partial", "train/config.json.partial",
    )  # fmt: skip
    name = generator.choice(names)
    path = folder / "run" / name
    path.unlink(missing_ok=True)
    path.symlink_to(folder / "victim")
    return f"{name} is a link"


def other_weights(folder: Path, kept: Path, generator: random.Random) -> str:
    """Make a run whose weights are wrong in a tensor, or in bytes."""
    honest(folder, kept)
    path = folder / "run/train/weights.safetensors"
    tensors = safetensors.torch.load_file(path)
    name = generator.choice(list(tensors))
    change = generator.choice(("nan", "inf", "shape", "type", "missing", "more", "bytes", "header"))
    if change == "nan":
        tensors[name] = tensors[name] * math.nan
    elif change == "inf":
        tensors[name] = tensors[name] * 0 + math.inf
    elif change == "shape":
        tensors[name] = torch.zeros(3, 5, 7)
    elif change == "type":
        tensors[name] = tensors[name].to(torch.complex64)
    elif change == "missing":
        del tensors[name]
    elif change == "more":
        tensors["unknown"] = torch.zeros(4)
    if change == "header":
        path.write_bytes(generator.choice((2**62, 2**40, 0)).to_bytes(8, "little") + b"{}")
    elif change == "bytes":
        path.write_bytes(path.read_bytes()[: generator.randrange(2000)])
    else:
        safetensors.torch.save_file(tensors, path)
    return f"{change} {name}"


def export() -> None:
    """Export the run."""
    proxyless("export", "run", "--no-measure", "--output", "out.onnx")


def unfinished(folder: Path, kept: Path) -> None:
    """Make an unfinished search."""
    for name in ("tables", "space.toml", "settings.toml"):
        _copy(kept / name, folder / name)
    shutil.copytree(kept / "runs/half-gradient", folder / "runs/half-gradient")


def other_checkpoint(folder: Path, kept: Path, generator: random.Random) -> str:
    """Make an unfinished search with a wrong checkpoint."""
    unfinished(folder, kept)
    path = folder / "runs/half-gradient/search/checkpoint.pt"
    if generator.random() < 0.3:
        content, description = mutated_bytes(path.read_bytes(), generator)
        path.write_bytes(content)
        return description
    state = torch.load(path, weights_only=True)
    changed, description = mutated_plain(state, generator)
    torch.save(changed, path)
    return description


def resume() -> None:
    """Continue the search."""
    proxyless(*RESUME)


def zoo(folder: Path, kept: Path) -> None:
    """Make a zoo."""
    shutil.copytree(kept / "zoo", folder / "zoo")


def other_card(folder: Path, kept: Path, generator: random.Random) -> str:
    """Make a zoo with a wrong card, architecture or page."""
    zoo(folder, kept)
    path = (
        folder
        / "zoo/kept_digits"
        / generator.choice(("card.json", "card.json", "architecture.json"))
    )
    content, description = _mutated(path, generator)
    path.write_bytes(content)
    return f"{path.name}: {description}"


def look_into_zoo() -> None:
    """List, show, and load."""
    proxyless("zoo", "list", "--zoo", "zoo")
    proxyless("zoo", "show", "kept_digits", "--zoo", "zoo")


def other_zoo_model(folder: Path, kept: Path, generator: random.Random) -> str:
    """Make a zoo whose card claims other figures, or whose files are others."""
    zoo(folder, kept)
    home = folder / "zoo/kept_digits"
    change = generator.choice(("accuracy", "bytes", "weights", "file"))
    if change == "weights":
        weights = safetensors.torch.load_file(home / "weights.safetensors")
        felt = [name for name, tensor in weights.items() if _is_felt(tensor)]
        name = generator.choice(felt)
        factor = generator.choice((math.nan, math.inf, -3.0))
        weights[name] = weights[name] * factor
        safetensors.torch.save_file(weights, home / "weights.safetensors")
        return f"{name} times {factor}"
    if change == "file":
        path = home / generator.choice(MODELS)
        content, description = mutated_bytes(path.read_bytes(), generator)
        path.write_bytes(content)
        return f"{path.name}: {description}"
    text = (home / "card.json").read_text()
    card = json.loads(text)
    _claim(card, change, generator.choice((math.nan, -1, 0.5, 10**9)))
    (home / "card.json").write_bytes(as_json(card))
    return f"the card claims another {change}"


def _is_felt(tensor: torch.Tensor) -> bool:
    """Whether logits tell that a tensor is another: one of 1e-6 could be anything."""
    return tensor.is_floating_point() and float(tensor.abs().max()) > FELT


def verify() -> None:
    """Verify the model."""
    proxyless("zoo", "verify", "kept_digits", "--zoo", "zoo")


def _claim(card: Any, name: str, value: float) -> None:
    """Replace every figure of this name in a card."""
    members = list(card.items()) if isinstance(card, dict) else list(enumerate(card))
    for key, member in members:
        if isinstance(key, str) and name in key and isinstance(member, int | float):
            card[key] = value
        elif isinstance(member, dict | list):
            _claim(member, name, value)


def _mutated(path: Path, generator: random.Random) -> tuple[bytes, str]:
    """Return another content of a JSON file, or of one with a JSON object a line."""
    content = path.read_bytes()
    if generator.random() < 0.15:
        return mutated_bytes(content, generator)
    if path.suffix != ".jsonl":
        data, description = mutated_plain(json.loads(content), generator)
        return as_json(data), description
    lines = content.splitlines()
    number = generator.randrange(len(lines))
    data, description = mutated_plain(json.loads(lines[number]), generator)
    lines[number] = as_json(data)
    return b"\n".join(lines) + b"\n", f"line {number + 1}: {description}"


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy(source, target)
