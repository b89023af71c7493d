"""What a worker looks at before it begins: whether its machine can speak with the others at all."""

from contextlib import suppress
from dataclasses import replace

from ..errors import DistributedError
from ..transport.world import World
from .rendezvous import Rendezvous

PATIENCE = 5.0
"""Seconds to try to tell the others of a fault."""


def check_machine(world: World) -> None:
    """Refuse settings with which this machine can speak with no other.

    Those who wait for this worker are told, as far as the store can be reached: they need not wait.

    Raises:
        DistributedError: there is no such network interface, or it has no address; or no way leads
            to the store.
    """
    try:
        world.check()
    except DistributedError as error:
        tell_fault(world, error)
        raise


def tell_fault(world: World, error: Exception) -> None:
    """Tell the others why this worker cannot take part, if the store answers."""
    with suppress(RuntimeError):
        store = replace(world, timeout=min(world.timeout, PATIENCE)).connect()
        Rendezvous(store, world.rank, world.size).tell_fault(str(error))
