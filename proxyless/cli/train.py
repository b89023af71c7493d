"""``proxyless train``: train a searched network from scratch."""

from dataclasses import replace
from typing import Annotated

import typer

from search_spaces.schema import parse, read_json

from ..config import SearchConfig, TaskConfig, TrainConfig
from ..tensorboard import with_tensorboard
from ..train import train as run_train
from . import options
from .output import progress_bar, show


def train(
    run: options.Run,
    epochs: Annotated[int, typer.Option(help="Passes over the training images.")] = 100,
    data: Annotated[
        str | None, typer.Option(help="Data set; without it, the one that was searched on.")
    ] = None,
    batch_size: options.BatchSize = 64,
    learning_rate: Annotated[float, typer.Option(help="Peak of the cosine schedule.")] = 0.05,
    flip: options.Flip = None,
    seed: options.Seed = 0,
    compute: options.Compute = "auto",
    checkpoint_seconds: Annotated[
        float, typer.Option(help="Seconds of work a kill may cost.")
    ] = 30.0,
    tensorboard: options.TensorBoard = False,
    json: options.Json = False,
) -> None:
    """Train the network of a run from scratch on all training images, then test it once.

    RUN holds architecture.json: a search leaves it there, or you put one of your own.
    """
    if data is None:
        file = run / "search" / "config.json"
        searched = parse(SearchConfig, read_json(file, "search configuration"), str(file))
        data, flip = searched.task.data, searched.task.flip if flip is None else flip
    task = TaskConfig(
        data,
        "",
        flip=flip,
        batch_size=batch_size,
        seed=seed,
        compute=compute,
        checkpoint_seconds=checkpoint_seconds,
    )
    config = TrainConfig(task, str(run / "architecture.json"), epochs)
    config = replace(config, recipe=replace(config.recipe, learning_rate=learning_rate))
    with (
        progress_bar("train") as update,
        with_tensorboard(run / "train", tensorboard, update) as progress,
    ):
        result = run_train(config, run, progress)
    facts = {
        "run": str(run),
        "test accuracy": f"{result['test_accuracy']:.2%} of {result['test_images']} images",
        "parameters": f"{result['parameters']:,}",
        "epochs": result["epochs"],
        "next": f"proxyless export {run}",
    }
    show("Training", facts, json, {"run": str(run), **result})
