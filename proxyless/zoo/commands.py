"""The command lines that do again what a run did, from the configurations it keeps."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from search_spaces import InputError
from search_spaces.schema import parse, read_json

from ..config import DeviceConfig, Recipe, SearchConfig, SyncConfig, TaskConfig, TrainConfig
from ..distributed.plan.command import torchrun
from ..nas.trained_supernet import find_search, read_search_config

OPTIONS = {
    "architecture_interval": "--interval",
}
"""Options whose name is not the field's."""
UNNAMED = {"checkpoint_seconds", "task", "devices", "recipe", "architecture", "sync", "workers"}
"""Fields without an option of their own, or that change no result."""
OF_THE_SPACE = {"space", "width", "resolution"}
"""Fields that an architecture has in it: a training does not name them."""
HERE = "device"
"""The field that names a device: whoever repeats the run for one has one of their own."""


def run_commands(run: Path, name: str, formats: Sequence[str]) -> list[str]:
    """Return the commands from profile to export; ``runs / name`` is the run directory they use.

    Raises:
        InputError: its search was one that only Python can ask for.
    """
    lines: list[str] = []
    root = f"runs/{name}"
    folder = find_search(run, "checkpoint.pt") or find_search(run)
    if folder is None:
        out = root
        lines += [f"mkdir -p {out}", f"cp exported_models/{name}/architecture.json {out}"]
    else:
        config = read_search_config(folder)
        lines += dict.fromkeys(_profiles(config))
        lines.append(_line("search", [*_search(config, folder), "--out", root], config.sync))
        out = str(Path(root) / run.absolute().relative_to(folder.parent))
    path = run / "train" / "config.json"
    trained = parse(TrainConfig, read_json(path, "training configuration"), str(path))
    lines.append(_line("train", [out, *_training(trained, folder)], trained.sync))
    lines += [_line("export", [out, "--format", one]) for one in formats]
    return lines


def _profiles(config: SearchConfig) -> Iterator[str]:
    task = config.task
    shared = _given(task, ("space", "data", "width", "resolution"))
    for device in config.devices:
        settings = {
            "--runtime": device.runtime,
            "--threads": device.threads,
            "--batch": device.batch,
            "--dtype": device.dtype,
        }
        own = [word for option, value in settings.items() for word in _words(option, value)]
        yield _line("profile", [*shared, "--table", device.table, *own])


def _search(config: SearchConfig, folder: Path) -> list[str]:
    words = [*_given(config.task), *_devices(config.devices, folder), *_given(config)]
    return [*words, *_weights(config.recipe), *_shared(config.sync)]


def _devices(devices: Sequence[DeviceConfig], folder: Path) -> Iterator[str]:
    """Yield every field once where all devices share it, or else once a device.

    The tables are always named once a device: they say how many there are.
    """
    for field in fields(DeviceConfig):
        option = _option(field.name)
        values = [getattr(device, field.name) for device in devices]
        shared = len(set(values)) == 1
        if shared and field.name == HERE:
            continue
        if not shared and None in values:
            raise InputError(
                f"the search in {folder} gives {option} for some of its devices only, which no "
                f"command says: search with `proxyless search`, {option} once a device or not at "
                "all, and a card can say how its model was made"
            )
        for value in values[:1] if shared and field.name != "table" else values:
            yield from _words(option, value)


def _training(config: TrainConfig, searched: Path | None) -> list[str]:
    """Name what is not as it was in the search."""
    words: list[str] = []
    before = read_search_config(searched).task if searched is not None else TaskConfig("", "")
    for field in fields(TaskConfig):
        value = getattr(config.task, field.name)
        if field.name not in UNNAMED | OF_THE_SPACE and value != getattr(before, field.name):
            words += _words(_option(field.name), value)
    words += ["--epochs", str(config.epochs), *_weights(config.recipe)]
    return [*words, *_given(config, skip=("epochs",)), *_shared(config.sync)]


def _weights(recipe: Recipe) -> list[str]:
    """Name how weights were trained; the learning rate always."""
    rate = ["--learning-rate", str(recipe.learning_rate)]
    return rate + _given(recipe, skip=("learning_rate",))


def _shared(sync: SyncConfig | None) -> list[str]:
    """Name how workers shared the work, if they did."""
    if sync is None:
        return []
    return ["--sync", "delayed", "--delay", str(sync.delay), *_given(sync, skip=("delay",))]


def _given(config: Any, only: Sequence[str] = (), skip: Sequence[str] = ()) -> list[str]:
    """Return the options of every field that is not at its default."""
    words: list[str] = []
    for field in fields(config):
        if field.name in UNNAMED or field.name in skip or (only and field.name not in only):
            continue
        value = getattr(config, field.name)
        if field.default is MISSING or value != field.default:
            words += _words(_option(field.name), value)
    return words


def _words(option: str, value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, bool):
        return [option if value else option.replace("--", "--no-", 1)]
    return [option, str(value)]


def _option(field: str) -> str:
    return OPTIONS.get(field, "--" + field.replace("_", "-"))


def _line(verb: str, words: Sequence[str], sync: SyncConfig | None = None) -> str:
    line = shlex.join(["proxyless", verb, *words])
    return line if sync is None else f"{torchrun(sync.workers)} -m {line}"
