"""Options of a search or a training that workers share, which torchrun starts."""

import os
from typing import Annotated

import typer

from search_spaces import InputError

from ..config import SyncConfig

Sync = Annotated[
    str,
    typer.Option(help="none, or delayed: share the work with the workers torchrun started."),
]
Delay = Annotated[
    int | None,
    typer.Option(help="Steps that averages of all workers' gradients may come late."),
]
Period = Annotated[int, typer.Option(help="Steps whose gradients are exchanged together.")]
Codec = Annotated[str, typer.Option(help="What gradients are sent as: dense, half or top-k.")]
Kept = Annotated[float, typer.Option(help="Share of the values that --codec top-k sends.")]
Transport = Annotated[
    str,
    typer.Option(
        help="How gradients travel: direct to everyone, ring (summed on the way), or auto, "
        "which measures both."
    ),
]
Ahead = Annotated[
    str,
    typer.Option(
        help="How far a worker goes with its own gradients until averages come: damped, or exact, "
        "as far as they would take it alone."
    ),
]
Paths = Annotated[
    str,
    typer.Option(help="Whether workers train the same path at a step, or each its own."),
]
Timeout = Annotated[
    float, typer.Option(help="Seconds a worker may keep the others waiting before they go on.")
]
Interface = Annotated[
    str | None,
    typer.Option(help="Network interface between workers: a tunnel's, over the internet."),
]


def sync_config(
    sync: str,
    delay: int | None,
    period: int,
    codec: str,
    kept: float,
    timeout: float,
    interface: str | None,
    transport: str,
    ahead: str,
    paths: str = "same",
) -> SyncConfig | None:
    """Return what the options say; None where the work is one process's.

    Raises:
        InputError: options that need others, or torchrun.
    """
    if sync == "none":
        if delay is not None:
            raise InputError("--delay is for workers that share the work: add --sync delayed")
        return None
    if sync != "delayed":
        raise InputError(f"--sync {sync!r} is not none or delayed")
    if delay is None:
        raise InputError(
            "--sync delayed needs --delay: 0 is synchronous; `proxyless plan` says what pays"
        )
    if "WORLD_SIZE" not in os.environ:
        raise InputError(
            "--sync delayed: start every worker with torchrun, as "
            "`torchrun --nnodes 4 --node-rank RANK --master-addr HOST --master-port PORT "
            "-m proxyless ...`"
        )
    workers = int(os.environ["WORLD_SIZE"])
    return SyncConfig(
        workers, delay, period, codec, kept, paths, timeout, interface, transport, ahead
    )
