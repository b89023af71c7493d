"""Values of options and of settings in files."""

import json
import random
import shutil
from pathlib import Path
from typing import Any
from unittest import mock

import typer

from benchmarks.hostile.mutation import mutated_file, mutated_numbers, mutated_text
from benchmarks.hostile.trial import proxyless
from proxyless.cli import app

WRONG_NUMBERS = (
    "nan", "inf", "-inf", "-1e308", "-1", "99999999999999999999", "1e999", "abc", "", "0x10",
    "1_000_x", "400k,000", "--", "1,5", "9" * 5000, "\x1b[31m1", "1 2", "1e400", "NaN",
    "-99999999999999999999",
)  # fmt: skip
KINDS = ("INTEGER", "NUMBER", "AMOUNT", "<int>", "<float>")
VERBS = {
    "plan": ["--step-ms", "25", "--round-trip-ms", "120", "--bandwidth-mbps", "640",
             "--gradient-bytes", "128KB"],
    "profile": ["--space", "space.toml", "--table", "t.db", "--rounds", "1", "--processes", "1"],
    "search": ["--config", "settings.toml", "--table", "tables/plain.db", "--device",
               "54dbd9641a39", "--max-params", "1300", "--epochs", "2", "--warmup-epochs", "0",
               "--out", "run"],
    "train": ["runs/gradient"],
    "export": ["runs/gradient", "--no-measure", "--output", "out.onnx"],
    "benchmark": ["runs/gradient/model.onnx"],
    "tables check": ["tables/plain.db"],
    "tables draw": ["drawn2", "--space", "space.toml"],
    "tables import": ["published.yaml", "--table", "t.db", "--device", "d"],
    "tables fit": ["drawn/networks.csv", "--space", "space.toml", "--table", "t.db",
                   "--device", "d"],
}  # fmt: skip
"""Commands that end well, quickly, in a folder of an earlier release's files."""
NEEDED = {
    "plan": (), "profile": ("space.toml",), "search": ("space.toml", "settings.toml", "tables"),
    "train": ("runs/gradient", "space.toml", "tables"), "export": ("runs/gradient",),
    "benchmark": ("runs/gradient",), "tables check": ("tables",), "tables draw": ("space.toml",),
    "tables import": ("published.yaml",), "tables fit": ("drawn", "space.toml"),
}  # fmt: skip


def wrong_option(folder: Path, kept: Path, generator: random.Random) -> str:
    """Draw a verb, an option of it that takes a number, and a value that nobody can mean."""
    verb = generator.choice(list(VERBS))
    for name in NEEDED[verb]:
        _copy(kept / name, folder / name)
    drawn = (verb, generator.choice(_numeric_options(verb)), generator.choice(WRONG_NUMBERS))
    (folder / "option.json").write_text(json.dumps(drawn))
    return " ".join(drawn)[:100]


def use_option() -> None:
    """Run the verb with it."""
    verb, option, value = json.loads(Path("option.json").read_text())
    proxyless(*verb.split(), *VERBS[verb], f"{option}={value}")


def other_settings(folder: Path, kept: Path, generator: random.Random) -> str:
    """Make a settings file with a wrong number or text."""
    honest_settings(folder, kept)
    path = folder / "settings.toml"
    change = generator.choice((mutated_numbers, mutated_numbers, mutated_text))
    content, description = mutated_file(path.read_bytes(), generator, change)
    path.write_bytes(content)
    return description


def honest_settings(folder: Path, kept: Path) -> None:
    """Make good settings."""
    for name in NEEDED["search"]:
        _copy(kept / name, folder / name)


def use_settings() -> None:
    """Give it to a search, which ends where its work would begin: that takes as long as it does."""
    with mock.patch("proxyless.nas.search.search", side_effect=SystemExit):
        proxyless("search", *VERBS["search"])


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy(source, target)


def _numeric_options(verb: str) -> list[str]:
    """Return the options of a verb that take a number, by what its help says of them."""
    command: Any = typer.main.get_command(app)
    for name in verb.split():
        command = command.get_command(None, name)
    context = command.make_context(verb, [], resilient_parsing=True)
    records = (parameter.get_help_record(context) for parameter in command.params)
    declarations = [record[0].split() for record in records if record is not None]
    return sorted(words[0] for words in declarations if words[-1] in KINDS)
