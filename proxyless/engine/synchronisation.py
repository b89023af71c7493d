"""The trainer and the shard of a worker, from the configuration of its synchronisation."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor
from torch.optim import Optimizer

from search_spaces import InputError

from ..config import SyncConfig
from ..distributed import (
    Codec,
    Delayed,
    DistributedError,
    LocalUpdate,
    Membership,
    Stateful,
    Statistics,
    SumAggregator,
    World,
    get_aggregator,
    get_codec,
)
from ..distributed.algorithm.local_update import LOCAL_UPDATES
from ..runs.links import check_inside
from .shard import OWN_STREAMS, PATH_STREAMS, Shard
from .trainer import SingleProcessTrainer, Trainer


def worker_shard(sync: SyncConfig | None) -> Shard | None:
    """Return this worker's shard, or None for a single process; select its GPU."""
    if sync is None:
        return None
    with _refusals():
        rank = World.of_torchrun(sync.timeout).rank
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]) % torch.cuda.device_count())
    if sync.paths == "own":
        return Shard(rank, sync.workers, OWN_STREAMS + PATH_STREAMS, ())
    return Shard(rank, sync.workers)


def check_synchronisation(sync: SyncConfig | None) -> None:
    """Refuse a codec, aggregator or local update that cannot be used, before a run is begun.

    Raises:
        InputError: there is none of this name; or the transport is a ring, which adds up exact
            gradients, and the codec or the aggregator cannot do with that.
    """
    if sync is None:
        return
    with _refusals():
        codec, aggregator = _codec(sync), get_aggregator(sync.aggregator)
        LOCAL_UPDATES.load(sync.local_update, LocalUpdate)  # type: ignore[type-abstract]
    if sync.transport != "ring":
        return
    if not codec.exact:
        raise InputError(f"`transport` 'ring' cannot add up `codec` {sync.codec!r}: choose dense")
    if not isinstance(aggregator, SumAggregator):
        raise InputError(
            f"`transport` 'ring' only has sums, and `aggregator` {sync.aggregator!r} needs every "
            "worker's gradients: choose direct"
        )


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
    with _refusals():
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


@contextmanager
def _refusals() -> Iterator[None]:
    """Raise what the library of distributed training refuses as a search and a training do."""
    try:
        yield
    except DistributedError as error:
        raise InputError(str(error)) from None


def _codec(sync: SyncConfig) -> Codec:
    return get_codec(sync.codec, sync.kept)


def worker_run(out: Path) -> Path:
    """Return a worker's run directory: ``out``, or a folder in it for further local workers."""
    if int(os.environ.get("LOCAL_RANK", "0")) == 0:
        return out
    run = out / "workers" / os.environ["RANK"] / out.name
    check_inside(out, run)
    return run
