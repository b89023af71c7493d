"""The command lines that repeat a run, derived from its stored configurations.

Options are derived from the fields of configurations, as on the command line.
"""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from search_spaces import InputError
from search_spaces.fields import Declared, declared
from search_spaces.plain_text import quoted
from search_spaces.schema import parse, read_json

from ..config import (
    OF_ARCHITECTURE,
    DeviceConfig,
    Recipe,
    SearchConfig,
    SyncConfig,
    TaskConfig,
    TrainConfig,
)
from ..distributed.plan.command import torchrun
from ..nas.trained_supernet import find_search, read_search_config
from ..runs.differences import CHANGES_NO_RESULT

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

PROFILE_FIELDS = ("runtime", "threads", "batch", "dtype")
"""Fields of a device's configuration that are also options of `profile`."""


def run_commands(run: Path, name: str, formats: Sequence[str]) -> list[str]:
    """Return the commands from profile to export; ``runs / name`` is the run directory they use.

    Raises:
        InputError: the command line cannot express the configuration of its search.
    """
    lines: list[str] = []
    root = f"runs/{name}"
    folder = find_search(run, "checkpoint.pt") or find_search(run)
    if folder is None:
        out = root
        lines += [f"mkdir -p {out}", f"cp exported_models/{name}/architecture.json {out}"]
    else:
        config = read_search_config(folder)
        lines += dict.fromkeys(_profile_lines(config))
        options = [*_search_words(config, folder), "--out", root]
        lines.append(_line("search", options, config.sync))
        out = str(Path(root) / run.absolute().relative_to(folder.parent))
    path = run / "train" / "config.json"
    trained = parse(TrainConfig, read_json(path, "training configuration"), str(path))
    lines.append(_line("train", [out, *_train_words(trained, folder)], trained.sync))
    lines += [_line("export", [out, "--format", file_format]) for file_format in formats]
    return lines


def _profile_lines(config: SearchConfig) -> Iterator[str]:
    """Yield the command that profiles the space for each device."""
    space = _changed_options(config.task, ("space", "data", "width", "resolution"))
    for device in config.devices:
        table = _options(device, ("table",))
        yield _line("profile", [*space, *table, *_changed_options(device, PROFILE_FIELDS)])


def _search_words(config: SearchConfig, folder: Path) -> list[str]:
    """Return the options of a search."""
    return [
        *_changed_options(config.task),
        *_device_words(config.devices, folder),
        *_changed_options(config),
        *_recipe_words(config.recipe),
        *_sync_words(config.sync),
    ]


def _device_words(devices: Sequence[DeviceConfig], folder: Path) -> Iterator[str]:
    """Yield every option once if all devices share its value, or else once per device.

    Tables are always given once per device, because their number is the number of devices. A
    device that all share is not given, because the run may be repeated on another one.
    """
    for field in declared(DeviceConfig):
        values = [getattr(device, field.name) for device in devices]
        shared = len(set(values)) == 1
        if shared and field.name == "device":
            continue
        if not shared and None in values:
            raise InputError(
                f"the search in {folder} gives {field.option} for some of its devices only, which "
                f"no command says: search with `proxyless search`, {field.option} once a device or "
                "not at all, and a card can say how its model was made"
            )
        for value in values[:1] if shared and field.name != "table" else values:
            yield from _option(field, value)


def _train_words(config: TrainConfig, search: Path | None) -> list[str]:
    """Return the options of a training; of its task, those that differ from the search."""
    words: list[str] = []
    before = read_search_config(search).task if search is not None else TaskConfig("", "")
    for field in declared(TaskConfig):
        value = getattr(config.task, field.name)
        if field.name not in (*CHANGES_NO_RESULT, *OF_ARCHITECTURE):
            words += _option(field, value) if value != getattr(before, field.name) else []
    words += [*_options(config, ("epochs",)), *_recipe_words(config.recipe)]
    return [*words, *_changed_options(config, skip=("epochs",)), *_sync_words(config.sync)]


def _recipe_words(recipe: Recipe) -> list[str]:
    """Return the options of a recipe that are not at their defaults, and the learning rate."""
    rate = ("learning_rate",)
    return [*_options(recipe, rate), *_changed_options(recipe, skip=rate)]


def _sync_words(sync: SyncConfig | None) -> list[str]:
    """Return the options of synchronised workers, if there were several; always the delay."""
    if sync is None:
        return []
    delay = ("delay",)
    return ["--sync", "delayed", *_options(sync, delay), *_changed_options(sync, skip=delay)]


def _options(config: "DataclassInstance", names: Collection[str]) -> list[str]:
    """Return the options of some fields, including those at their defaults."""
    fields = (field for field in _fields(config) if field.name in names)
    return [word for field in fields for word in _option(field, getattr(config, field.name))]


def _changed_options(
    config: "DataclassInstance", only: Collection[str] = (), skip: Collection[str] = ()
) -> list[str]:
    """Return the options of all fields (or ``only`` some) that are not at their defaults."""
    names = [
        field.name
        for field in _fields(config)
        if field.meaning  # without it, a field has no option
        and field.name not in (*CHANGES_NO_RESULT, *skip)
        and (not only or field.name in only)
        and getattr(config, field.name) != field.default
    ]
    return _options(config, names)


def _fields(config: "DataclassInstance") -> tuple[Declared, ...]:
    return declared(type(config))


def _option(field: Declared, value: object) -> list[str]:
    """Return the arguments that set a field; None is set by leaving the option out."""
    if value is None:
        return []
    if isinstance(value, bool):
        return [field.option if value else field.negative_option]
    return [field.option, str(value)]


def _line(verb: str, words: Sequence[str], sync: SyncConfig | None = None) -> str:
    """Return a command line; for synchronised workers, the one that starts a worker."""
    line = " ".join(["proxyless", verb, *map(quoted, words)])
    return line if sync is None else f"{torchrun(sync.workers)} -m {line}"
