"""How workers share a search or a training."""

from dataclasses import dataclass
from typing import Annotated

from typing_extensions import Doc

from search_spaces import InputError
from search_spaces.fields import Above, AtLeast, AtMost, OneOf, check_fields
from search_spaces.schema import STRICT


@dataclass(frozen=True)
class SyncConfig:
    """How the ``workers`` that torchrun started share a search or a training.

    Each trains on batches of its own; gradients are averaged ``delay`` steps late, those of
    ``period`` steps together, sent as ``codec`` makes them (of which top-k keeps the share
    ``kept``). Until averages come a worker goes ahead with its own gradients, "damped", or "exact"
    as far as they would take it alone. A worker that keeps the others waiting for ``timeout``
    seconds is left behind.
    """

    __pydantic_config__ = STRICT
    workers: int
    delay: Annotated[
        int, AtLeast(0), Doc("Steps that averages of all workers' gradients may come late.")
    ] = 0
    period: Annotated[int, AtLeast(1), Doc("Steps whose gradients are exchanged together.")] = 1
    codec: Annotated[str, OneOf(("dense", "half", "top-k")), Doc("What gradients are sent as.")] = (
        "dense"
    )
    kept: Annotated[float, Above(0), AtMost(1), Doc("Share of the values that top-k sends.")] = 0.01
    paths: Annotated[
        str,
        OneOf(("same", "own")),
        Doc("Whether workers of a search train the same path at a step, or each its own."),
    ] = "same"
    timeout: Annotated[
        float, AtLeast(1), Doc("Seconds a worker may keep the others waiting before they go on.")
    ] = 30.0
    interface: Annotated[
        str | None, Doc("Network interface between workers: a tunnel's, over the internet.")
    ] = None
    transport: Annotated[
        str,
        OneOf(("auto", "direct", "ring")),
        Doc(
            "How gradients travel: direct to everyone, ring (summed on the way), or auto, which "
            "measures both."
        ),
    ] = "auto"
    ahead: Annotated[
        str,
        OneOf(("damped", "exact")),
        Doc(
            "How far a worker goes with its own gradients until averages come: damped, or exact, "
            "as far as they would take it alone."
        ),
    ] = "damped"

    def __post_init__(self) -> None:
        check_fields(self)
        if self.transport == "ring" and self.codec != "dense":
            raise InputError(
                f"`transport` 'ring' cannot add up `codec` {self.codec!r}: choose dense"
            )
