"""The trainer and the shard of a worker, from the configuration of its synchronisation."""

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
from ..distributed.environment import local_rank, number_of
from ..distributed.membership.preparation import check_machine
from ..runs.links import check_inside
from .shard import OWN_STREAMS, PATH_STREAMS, Shard
from .trainer import SingleProcessTrainer, Trainer


def worker_shard(sync: SyncConfig | None) -> Shard | None:
    """Return this worker's shard, or None for a single process; select its GPU.

    Raises:
        InputError: torchrun did not start this process, or its environment was changed since.
    """
    if sync is None:
        return None
    with _refusals():
        rank, local = World.of_torchrun(sync.timeout).rank, local_rank()
    if torch.cuda.is_available():
        torch.cuda.set_device(local % torch.cuda.device_count())
    if sync.paths == "own":
        return Shard(rank, sync.workers, OWN_STREAMS + PATH_STREAMS, ())
    return Shard(rank, sync.workers)


def check_synchronisation(sync: SyncConfig | None) -> None:
    """Refuse what workers cannot share the work with, before a run is begun.

    Those who wait for this worker are told where it is this machine's settings.

    Raises:
        InputError: there is no codec, aggregator or local update of this name; or the transport is
            a ring, which adds up exact gradients, and the codec or the aggregator cannot do with
            that; or this machine cannot listen on the interface, or what torchrun says is none.
    """
    if sync is None:
        return
    with _refusals():
        codec, aggregator = _codec(sync), get_aggregator(sync.aggregator)
        LOCAL_UPDATES.load(sync.local_update, LocalUpdate)  # type: ignore[type-abstract]
    if sync.transport == "ring":
        if not codec.exact:
            raise InputError(
                f"`transport` 'ring' cannot add up `codec` {sync.codec!r}: choose dense"
            )
        if not isinstance(aggregator, SumAggregator):
            raise InputError(
                f"`transport` 'ring' only has sums, and `aggregator` {sync.aggregator!r} needs "
                "every worker's gradients: choose direct"
            )
    with _refusals():
        local_rank()
        world = World.of_torchrun(sync.timeout, sync.interface)
        check_machine(world)
    if sync.workers != world.size:
        raise InputError(f"`workers` is {sync.workers}, and torchrun started {world.size}")


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
    device = "cuda" if optimizer.param_groups[0]["params"][0].is_cuda else "cpu"
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
    """Return a worker's run directory: ``out``, or a folder in it for further local workers.

    Raises:
        InputError: what torchrun says in the environment is no number of a worker.
    """
    with _refusals():
        if local_rank() == 0:
            return out
        run = out / "workers" / str(number_of("RANK")) / out.name
    check_inside(out, run)
    return run
