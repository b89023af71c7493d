"""The trainer and the shard of a worker, from the configuration of its synchronisation."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
from torch import Tensor
from torch.optim import Optimizer

from search_spaces import InputError

from ..config import SyncConfig
from ..distributed import Codec, Delayed, Membership, Stateful, Statistics, World, get_codec
from .shard import OWN_STREAMS, PATH_STREAMS, Shard
from .trainer import SingleProcessTrainer, Trainer


def worker_shard(sync: SyncConfig | None) -> Shard | None:
    """Return this worker's shard, or None for a single process; select its GPU."""
    if sync is None:
        return None
    rank = World.of_torchrun(sync.timeout).rank
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]) % torch.cuda.device_count())
    if sync.paths == "own":
        return Shard(rank, sync.workers, OWN_STREAMS + PATH_STREAMS, ())
    return Shard(rank, sync.workers)


def check_codec(sync: SyncConfig | None) -> None:
    """Refuse a codec that cannot be used, before a run is begun.

    Raises:
        InputError: the codec is lossy, and the transport is a ring, which adds up exact gradients.
        DistributedError: there is no such codec.
    """
    if sync is not None and not _codec(sync).exact and sync.transport == "ring":
        raise InputError(f"`transport` 'ring' cannot add up `codec` {sync.codec!r}: choose dense")


def make_trainer(
    sync: SyncConfig | None,
    optimizer: Optimizer,
    *,
    synchronised: Iterable[Stateful] = (),
    buffers: Iterable[Tensor] = (),
    apply_statistics: Callable[[Statistics], None] | None = None,
) -> Trainer:
    """Return the trainer of ``optimizer``; for the others see :class:`.distributed.Delayed`."""
    if sync is None:
        return SingleProcessTrainer(optimizer, apply_statistics)
    device = optimizer.param_groups[0]["params"][0].device.type
    world = World.of_torchrun(sync.timeout, sync.interface, device)
    return Delayed(
        optimizer,
        Membership(world, sync.timeout),
        delay=sync.delay,
        period=sync.period,
        codec=_codec(sync),
        aggregator=sync.aggregator,
        local_update=sync.local_update,
        transport=sync.transport,
        buffers=buffers,
        synchronised=synchronised,
        apply_statistics=apply_statistics,
    )


def _codec(sync: SyncConfig) -> Codec:
    return get_codec(sync.codec, sync.kept)


def worker_run(out: Path) -> Path:
    """Return a worker's run directory: ``out``, or a folder in it for further local workers."""
    if int(os.environ.get("LOCAL_RANK", "0")) == 0:
        return out
    return out / "workers" / os.environ["RANK"] / out.name
