"""Spaces and architectures of strangers."""

import json
import random
import shutil
from importlib.resources import files
from pathlib import Path

from benchmarks.hostile.mutation import (
    as_json,
    mutated_bytes,
    mutated_file,
    mutated_numbers,
    mutated_plain,
    mutated_text,
)
from benchmarks.hostile.trial import WronglyAcceptedError, proxyless
from search_spaces import Architecture, load_definition

LARGEST = 1e13
"""Parameters and MACs beyond which no network is honest."""


def honest_space(folder: Path, kept: Path) -> None:
    """Make a good space."""
    shutil.copy(kept / "space.toml", folder / "space.toml")


def honest_architecture(folder: Path, kept: Path) -> None:
    """Make a good architecture."""
    shutil.copy(kept / "zoo/kept_digits/architecture.json", folder / "architecture.json")


def other_space(folder: Path, kept: Path, generator: random.Random) -> str:
    """Make a space's TOML file in which a number or a text is another."""
    name = generator.choice(("tiny", "cifar", "imagenet"))
    content = (files("search_spaces") / "builtin" / f"{name}.toml").read_bytes()
    change = generator.choice((mutated_numbers, mutated_numbers, mutated_text))
    content, description = mutated_file(content, generator, change)
    (folder / "space.toml").write_bytes(content)
    return f"{name}: {description}"


def use_space() -> None:
    """Expand it, and print it."""
    space = load_definition("space.toml").expand()
    for operation in space.operations():
        if not (0 <= operation.parameters < LARGEST and 0 <= operation.macs < LARGEST):
            raise WronglyAcceptedError(f"{operation.key} has {operation.parameters} parameters")
    proxyless("spaces", "space.toml")


def other_architecture(folder: Path, kept: Path, generator: random.Random) -> str:
    """Make an architecture's JSON file with a wrong member, or other bytes."""
    content = (kept / "zoo/kept_digits/architecture.json").read_bytes()
    if generator.random() < 0.8:
        data, description = mutated_plain(json.loads(content), generator)
        content = as_json(data)
    else:
        content, description = mutated_bytes(content, generator)
    (folder / "architecture.json").write_bytes(content)
    return description


def use_architecture() -> None:
    """Read it, and build its network."""
    architecture = Architecture.load("architecture.json")
    if not (0 < architecture.parameters < LARGEST and 0 < architecture.macs < LARGEST):
        raise WronglyAcceptedError(f"a network of {architecture.parameters} parameters")
    architecture.build()
