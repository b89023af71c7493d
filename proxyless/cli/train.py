"""``proxyless train``: train a searched network from scratch."""

from pathlib import Path

from search_spaces import InputError
from search_spaces.plain_text import quoted
from search_spaces.schema import dump

from ..config import OF_ARCHITECTURE, TrainConfig
from ..runs.results import read_search_result
from . import options
from .config_options import configured
from .config_sources import ConfigSources
from .console import show
from .progress import progress_bar
from .settings_file import Plain
from .sync import SECTION, Sync, sync_settings


@configured(
    TrainConfig,
    left_out=("architecture", *(f"task.{name}" for name in OF_ARCHITECTURE), "sync.paths"),
    sections={
        "task": "Task (what is not given is as it was in the search)",
        "": "Training",
        "recipe": "Weights",
        "sync": SECTION,
    },
    hidden_defaults=("task", "sync.delay"),
)
def train(
    run: options.Run,
    sources: ConfigSources,
    sync: Sync = None,
    tensorboard: options.TensorBoard = False,
    json: options.Json = False,
) -> None:
    """Train the network of a run from scratch on all training images, then test it once.

    RUN holds architecture.json: a search leaves it there, or you put one of your own and name the
    --data. What you do not name is as it was in the search.
    """
    from ..engine.synchronisation import worker_run
    from ..engine.tensorboard import TensorBoard
    from ..runs.run_directory import ARCHITECTURE, load_architecture
    from ..training.train import train as run_train

    base = {"task": _searched(run, sources), "architecture": dump(load_architecture(run))}
    if sources.from_file.fields.get("architecture", base["architecture"]) != base["architecture"]:
        raise InputError(
            f"{sources.file} is of another network than {run} holds: name the run that it is of, "
            "or leave the architecture out of the file"
        )
    config: TrainConfig = sources.resolve(base, sync_settings(sync, sources))
    out = worker_run(run)
    callbacks = [TensorBoard(out / "train")] if tensorboard else []
    with progress_bar("train") as progress:
        result = run_train(config, out, progress, callbacks)
    if out != run:
        config.architecture.save(out / ARCHITECTURE)
    facts = {
        "run": str(out),
        "test accuracy": f"{result.test_accuracy:.2%} of {result.test_images} images",
        "parameters": f"{result.parameters:,}",
        "epochs": result.epochs,
    }
    then = f"proxyless export {quoted(out)}{_format(out)}"
    show("Training", facts, json, {"run": str(out), **dump(result)}, then)


def _format(run: Path) -> str:
    """Return the option for a file that the device runs which the search was for."""
    searched = read_search_result(run / "search")
    if searched is None:
        return ""
    kind = "tflite" if searched.runtime == "litert" else "onnx"
    kind += "-int8" if searched.settings.dtype == "int8" else ""
    return "" if kind == "onnx" else f" --format {kind}"


def _searched(run: Path, sources: ConfigSources) -> Plain:
    """Return what the search of a run learned from; no space where there was none."""
    from ..nas.trained_supernet import find_search, read_search_config
    from ..runs.run_directory import check_run

    check_run(run)
    folder = find_search(run)
    if folder is not None:
        searched: Plain = dump(read_search_config(folder).task)
        return searched
    if "data" not in sources.under("task"):
        raise InputError(f"{run} holds no search to take the data from: name it with `data`")
    return {"space": ""}
