"""The schedule of a search: learning rates and architecture steps by weight step."""

from dataclasses import dataclass

from search_spaces import InputError

from ..config import SearchConfig
from ..engine.schedule import cosine
from .method import Method
from .updates import ArchitectureUpdate


@dataclass(frozen=True)
class SearchSchedule:
    """A configuration's epochs and intervals in weight steps, which are counted from 0."""

    config: SearchConfig
    steps_an_epoch: int

    @property
    def warmup_steps(self) -> int:
        """Steps in which weights train alone, on uniform paths."""
        return self.config.warmup_epochs * self.steps_an_epoch

    def learning_rate(self, step: int) -> float:
        """Return the weights' learning rate, a cosine over the warm-up and another one after it."""
        if step < self.warmup_steps:
            return cosine(self.config.warmup_learning_rate, step, self.warmup_steps)
        steps = self.config.epochs * self.steps_an_epoch
        return cosine(self.config.recipe.learning_rate, step - self.warmup_steps, steps)

    def architecture_step(self, step: int) -> int | None:
        """Return the number, from 1, of the architecture step after a weight step, if any."""
        frozen = self.warmup_steps + self.config.frozen_epochs * self.steps_an_epoch
        number, rest = divmod(step + 1 - frozen, self.config.architecture_interval)
        return number if number > 0 and rest == 0 else None

    def updates(self, method: type[Method], devices: int) -> int:
        """Return how often each device's architecture will move; a baseline's never does.

        Raises:
            InputError: the method learns, but the epochs are too few for a single update.
        """
        if not issubclass(method, ArchitectureUpdate):
            return 0
        interval = self.config.architecture_interval
        moving = self.config.epochs - self.config.frozen_epochs
        updates = moving * self.steps_an_epoch // interval
        if not method.learns_from_others:
            updates //= devices
        if updates == 0:
            raise InputError(
                f"the search would never move the architecture: {moving} epochs of "
                f"{self.steps_an_epoch} steps are fewer than `architecture_interval` {interval}; "
                "raise `epochs` or lower `architecture_interval`"
            )
        return updates
