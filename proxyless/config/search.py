"""One search."""

from dataclasses import dataclass, field
from typing import Annotated

from typing_extensions import Doc

from search_spaces import InputError
from search_spaces.fields import (
    Above,
    AtLeast,
    AtMost,
    Below,
    OneOf,
    OptionName,
    Registered,
    check_fields,
)
from search_spaces.schema import STRICT

from .device import DeviceConfig
from .quantity import LARGEST, Quantity
from .recipe import Recipe
from .sync import SyncConfig
from .task import MOST_EPOCHS, TaskConfig

LATENCY_LOSSES = ("multiplier", "additive", "multiplicative")
"""How time can enter the loss: see ``proxyless.constraints.latency_loss``."""
LIMITS = ("max_params", "max_macs", "max_bytes", "max_peak_memory")
DEVICES_LIMIT = 256
"""Devices of one search: nearly ten times those of the largest published set of devices."""


@dataclass(frozen=True)
class SearchConfig:
    """One search, for one device or several that share the weights of the supernet.

    At least one budget a device: a time of its own, or one that every network keeps.

    Weights train alone for ``warmup_epochs`` on uniform paths. Then, over ``epochs``, the
    architecture moves every ``architecture_interval`` weight steps, after ``frozen_epochs``;
    ``architecture_learning_rate`` None means: enough to move a parameter by 5 over the search, but
    at least the published 1e-3.
    """

    __pydantic_config__ = STRICT
    task: TaskConfig
    devices: tuple[DeviceConfig, ...]
    max_params: Annotated[
        Quantity,
        Above(0),
        AtMost(LARGEST),
        Doc("Parameters the network may have at most, as 300k."),
    ] = None
    max_macs: Annotated[
        Quantity, Above(0), AtMost(LARGEST), Doc("Multiply-adds an image may take at most, as 60M.")
    ] = None
    max_bytes: Annotated[
        Quantity,
        Above(0),
        AtMost(LARGEST),
        Doc("Bytes its deployed float32 weights may take, as 250KB."),
    ] = None
    max_peak_memory: Annotated[
        Quantity,
        Above(0),
        AtMost(LARGEST),
        Doc("Bytes of activations alive at once, one image a call, as 250KB."),
    ] = None
    method: Annotated[
        str,
        Registered("proxyless.updates"),
        Doc(
            "How the architecture is found; random and evolution are baselines, which compare "
            "networks of a supernet trained uniformly."
        ),
    ] = "gradient"
    latency_loss: Annotated[
        str,
        OneOf(LATENCY_LOSSES),
        Doc("How time enters the loss: multiplier has nothing to tune, the others are published."),
    ] = "multiplier"
    warmup_epochs: Annotated[
        int, AtLeast(0), AtMost(MOST_EPOCHS), Doc("Epochs of weights alone.")
    ] = 40
    epochs: Annotated[
        int, AtLeast(1), AtMost(MOST_EPOCHS), Doc("Epochs of search after the warm-up.")
    ] = 120
    frozen_epochs: Annotated[
        int,
        AtLeast(0),
        AtMost(MOST_EPOCHS),
        Doc("Of these, first ones in which the architecture stays as it is."),
    ] = 1
    architecture_interval: Annotated[
        int,
        AtLeast(1),
        AtMost(1_000_000),
        Doc("Weight steps an architecture step."),
        OptionName("interval"),
    ] = 5
    architecture_learning_rate: Annotated[
        float | None,
        Above(0),
        AtMost(1000),
        Doc("Of the architecture's Adam; default: enough to move a parameter by 5."),
    ] = None
    validation_share: Annotated[
        float, Above(0), Below(1), Doc("Share of the training images the architecture learns from.")
    ] = 0.2
    warmup_learning_rate: Annotated[
        float, Above(0), AtMost(1000), Doc("Peak learning rate of the weights while warming up.")
    ] = 0.05
    pareto: Annotated[
        int,
        AtLeast(0),
        AtMost(1000),
        Doc("Also derive so many networks from fast to slow, into RUN/pareto."),
    ] = 0
    recipe: Recipe = field(default_factory=lambda: Recipe(learning_rate=0.025))
    sync: SyncConfig | None = None

    def __post_init__(self) -> None:
        check_fields(self)
        if not self.devices:
            raise InputError("a search needs a device: give the `table` of at least one")
        if len(self.devices) > DEVICES_LIMIT:
            raise InputError(
                f"`devices` are {len(self.devices)}, more than the {DEVICES_LIMIT} that share a "
                "search: search for some at a time"
            )
        if all(getattr(self, name) is None for name in LIMITS) and any(
            device.limit_ms is None for device in self.devices
        ):
            names = ", ".join(f"`{name}`" for name in ("target_ms", "max_ms", *LIMITS))
            raise InputError(f"a search needs a budget: give one of {names}")
        if self.epochs <= self.frozen_epochs:
            raise InputError(
                f"`epochs` {self.epochs} leaves no epoch to search in: the architecture is left "
                f"alone for {self.frozen_epochs}"
            )
        if self.pareto == 1:
            raise InputError("`pareto` 1 is no number of networks: give 2 or more")
