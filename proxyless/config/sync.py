"""How workers share a search or a training."""

import warnings
from dataclasses import dataclass
from typing import Annotated

from pydantic import model_validator
from typing_extensions import Doc

from search_spaces.fields import Above, AtLeast, AtMost, OneOf, Registered, check_fields
from search_spaces.renamed import renamed_fields
from search_spaces.schema import STRICT

from ..distributed import defaults
from ..distributed.environment import MOST_WORKERS
from ..runs.former_names import VALUES, with_current_names

MOST_STEPS = 1_000_000
"""Steps that averages may come late, or that are exchanged together."""


@renamed_fields(ahead="local_update")
@dataclass(frozen=True)
class SyncConfig:
    """How the ``workers`` that torchrun started share a search or a training.

    Each trains on batches of its own; gradients are averaged ``delay`` steps late, those of
    ``period`` steps together, sent as ``codec`` makes them (of which top-k keeps the share
    ``kept``). Until averages come a worker goes on with its own gradients, as ``local_update`` has
    it. A worker that keeps the others waiting for ``timeout``
    seconds is left behind.
    """

    __pydantic_config__ = STRICT
    workers: Annotated[int, AtLeast(1), AtMost(MOST_WORKERS)]
    delay: Annotated[
        int,
        AtLeast(0),
        AtMost(MOST_STEPS),
        Doc("Steps that averages of all workers' gradients may come late."),
    ] = defaults.DELAY
    period: Annotated[
        int, AtLeast(1), AtMost(MOST_STEPS), Doc("Steps whose gradients are exchanged together.")
    ] = defaults.PERIOD
    codec: Annotated[str, Registered("proxyless.codecs"), Doc("What gradients are sent as.")] = (
        defaults.CODEC
    )
    kept: Annotated[float, Above(0), AtMost(1), Doc("Share of the values that top-k sends.")] = (
        defaults.KEPT
    )
    aggregator: Annotated[
        str,
        Registered("proxyless.aggregators"),
        Doc("How the gradients of all workers become one."),
    ] = defaults.AGGREGATOR
    paths: Annotated[
        str,
        OneOf(("same", "own")),
        Doc("Whether workers of a search train the same path at a step, or each its own."),
    ] = "same"
    timeout: Annotated[
        float,
        AtLeast(1),
        AtMost(1_000_000),
        Doc("Seconds a worker may keep the others waiting before they go on."),
    ] = defaults.TIMEOUT
    interface: Annotated[
        str | None, Doc("Network interface between workers: a tunnel's, over the internet.")
    ] = None
    transport: Annotated[
        str,
        OneOf(("auto", *defaults.TRANSPORTS)),
        Doc(
            "How gradients travel: direct to everyone, ring (summed on the way), or auto, which "
            "measures both."
        ),
    ] = defaults.TRANSPORT
    local_update: Annotated[
        str,
        Registered("proxyless.local_updates"),
        Doc(
            "What a worker does with its own gradients until averages come: replay, the "
            "optimiser's steps, or quasi-hyperbolic, a part of them that fades."
        ),
    ] = defaults.LOCAL_UPDATE

    @model_validator(mode="before")
    @classmethod
    def _read_former_names(cls, plain: object) -> object:
        """Read what an earlier release kept."""
        return with_current_names(plain)

    def __post_init__(self) -> None:
        former = self.local_update
        if former in (names := VALUES["local_update"]):
            message = f"local_update {former!r} is called {names[former]!r} now"
            warnings.warn(message, DeprecationWarning, stacklevel=4)
            object.__setattr__(self, "local_update", names[former])
        check_fields(self)
