"""One training."""

from dataclasses import dataclass, field
from typing import Annotated

from typing_extensions import Doc

from search_spaces import Architecture
from search_spaces.fields import AtLeast, AtMost, Below, check_fields
from search_spaces.schema import STRICT

from .recipe import Recipe
from .sync import SyncConfig
from .task import MOST_EPOCHS, TaskConfig

OF_ARCHITECTURE = ("space", "width", "resolution")
"""Fields of the task that an architecture has in it: nobody says them of a training."""


@dataclass(frozen=True)
class TrainConfig:
    """Training one architecture on the whole training set.

    ``sync`` is how workers share the training (None: it is one process's).
    """

    __pydantic_config__ = STRICT
    task: TaskConfig
    architecture: Architecture
    epochs: Annotated[
        int, AtLeast(1), AtMost(MOST_EPOCHS), Doc("Passes over the training images.")
    ] = 100
    recipe: Recipe = field(default_factory=Recipe)
    mixup: Annotated[
        float,
        AtLeast(0),
        AtMost(1000),
        Doc("Train on mixtures of two images: alpha of Beta(alpha, alpha); 0: on none."),
    ] = 0.0
    average: Annotated[
        float,
        AtLeast(0),
        Below(1),
        Doc("Decay of a moving average of the weights, as 0.999; it is kept. 0: none."),
    ] = 0.0
    teacher: Annotated[
        str | None,
        Doc(
            "Learn from its logits too: a trained run, or `supernet` for the largest path of the "
            "search's own."
        ),
    ] = None
    from_supernet: Annotated[
        bool, Doc("Begin with the weights that the search ended with, not from scratch.")
    ] = False
    sync: SyncConfig | None = None

    def __post_init__(self) -> None:
        check_fields(self)
