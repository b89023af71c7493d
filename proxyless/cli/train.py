"""``proxyless train``: train a searched network from scratch."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from search_spaces import InputError

from ..config import TaskConfig, TrainConfig
from ..recipe import Recipe
from ..search_result import ARCHITECTURE, check_run, load_architecture
from ..synchronisation import run_of_worker
from ..tensorboard import with_tensorboard
from ..train import train as run_train
from ..trained_supernet import find_search, read_search_config
from . import options
from . import sync as workers
from .output import progress_bar, show


def train(
    run: options.Run,
    epochs: Annotated[int, typer.Option(help="Passes over the training images.")] = 100,
    data: Annotated[
        str | None, typer.Option(help="Data set; without it, the one that was searched on.")
    ] = None,
    batch_size: Annotated[int | None, typer.Option(help="Images a training step.")] = None,
    learning_rate: Annotated[float, typer.Option(help="Peak of the cosine schedule.")] = 0.05,
    mixup: Annotated[
        float, typer.Option(help="Train on mixtures of two images: alpha of Beta(alpha, alpha).")
    ] = 0.0,
    average: Annotated[
        float, typer.Option(help="Decay of a moving average of the weights, as 0.999; it is kept.")
    ] = 0.0,
    teacher: Annotated[
        str | None,
        typer.Option(
            help="Learn from its logits too: a trained run, or `supernet` for the largest path of "
            "the search's own."
        ),
    ] = None,
    from_supernet: Annotated[
        bool, typer.Option("--from-supernet", help="Begin with the weights of the search.")
    ] = False,
    flip: options.Flip = None,
    seed: Annotated[int | None, typer.Option(help="Seed of every random choice.")] = None,
    compute: Annotated[str | None, typer.Option(help="auto, cpu or cuda.")] = None,
    compute_threads: options.ComputeThreads = None,
    precision: Annotated[str | None, typer.Option(help="auto, float32 or bfloat16.")] = None,
    checkpoint_seconds: options.CheckpointSeconds = 30.0,
    tensorboard: options.TensorBoard = False,
    sync: workers.Sync = "none",
    delay: workers.Delay = None,
    period: workers.Period = 1,
    codec: workers.Codec = "dense",
    kept: workers.Kept = 0.01,
    timeout: workers.Timeout = 30.0,
    interface: workers.Interface = None,
    transport: workers.Transport = "auto",
    ahead: workers.Ahead = "damped",
    json: options.Json = False,
) -> None:
    """Train the network of a run from scratch on all training images, then test it once.

    RUN holds architecture.json: a search leaves it there, or you put one of your own and name the
    --data. What you do not name is as it was in the search.
    """
    given: dict[str, Any] = {
        "data": data,
        "batch_size": batch_size,
        "flip": flip,
        "seed": seed,
        "compute": compute,
        "compute_threads": compute_threads,
        "precision": precision,
        "checkpoint_seconds": checkpoint_seconds,
    }
    task = replace(_searched(run, data), **{k: v for k, v in given.items() if v is not None})
    config = TrainConfig(
        task,
        load_architecture(run),
        epochs,
        Recipe(learning_rate=learning_rate),
        mixup,
        average,
        teacher,
        from_supernet,
        workers.sync_config(sync, delay, period, codec, kept, timeout, interface, transport, ahead),
    )
    out = run_of_worker(run)
    with (
        progress_bar("train") as update,
        with_tensorboard(out / "train", tensorboard, update) as progress,
    ):
        result = run_train(config, out, progress)
    if out != run:
        config.architecture.save(out / ARCHITECTURE)
    facts = {
        "run": str(out),
        "test accuracy": f"{result['test_accuracy']:.2%} of {result['test_images']} images",
        "parameters": f"{result['parameters']:,}",
        "epochs": result["epochs"],
        "next": f"proxyless export {out}",
    }
    show("Training", facts, json, {"run": str(out), **result})


def _searched(run: Path, data: str | None) -> TaskConfig:
    """Return what the search of a run learned from, or ``data`` where there was no search."""
    check_run(run)
    folder = find_search(run)
    if folder is not None:
        return read_search_config(folder).task
    if data is None:
        raise InputError(f"{run} holds no search to take the data from: name it with --data")
    return TaskConfig(data, "")
