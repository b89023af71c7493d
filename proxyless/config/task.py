"""What is learned, from what, and where it is computed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from typing_extensions import Doc

from latency.timing.settings import MOST_THREADS
from search_spaces.fields import AtLeast, AtMost, Below, OneOf
from search_spaces.schema import STRICT

from ..data.digits import DIGITS
from .space import SpaceConfig

if TYPE_CHECKING:
    from ..data.transforms import Augmentation


MOST_EPOCHS = 1_000_000
"""Epochs of a search or a training, ten times those of the longest schedules."""
LARGEST_BATCH = 1_000_000
"""Images a training step."""


@dataclass(frozen=True)
class TaskConfig(SpaceConfig):
    """What is learned, from what: shared by search and training.

    Small networks train as fast on one thread, and far faster where other programs keep the cores
    busy. Weights stay in float32 whatever weight steps compute in; everything else is float32.
    """

    __pydantic_config__ = STRICT
    data: Annotated[
        str,
        Doc(
            "Images to learn from: `digits`, a Parquet file or folder, a folder with one folder "
            "of images a class, or OWNER/NAME of a data set on the Hugging Face hub."
        ),
    ] = DIGITS
    flip: Annotated[
        bool | None,
        Doc("Whether a mirrored image is still of its class; default: yes, except for digits."),
    ] = None
    batch_size: Annotated[
        int, AtLeast(2), AtMost(LARGEST_BATCH), Doc("Images a training step.")
    ] = 64
    seed: Annotated[int, AtLeast(0), Below(2**32), Doc("Seed of every random choice.")] = 0
    compute: Annotated[
        str,
        OneOf(("auto", "cpu", "cuda")),
        Doc("Where weights are trained: auto is CUDA if there is any."),
    ] = "auto"
    compute_threads: Annotated[
        int | None,
        AtLeast(1),
        AtMost(MOST_THREADS),
        Doc("Threads PyTorch may train with; 1 is best for small networks."),
    ] = None
    checkpoint_seconds: Annotated[
        float, AtLeast(0), AtMost(1e9), Doc("Seconds of work a kill may cost.")
    ] = 30.0
    precision: Annotated[
        str,
        OneOf(("auto", "float32", "bfloat16")),
        Doc("What weight steps compute in: auto is bfloat16 on CUDA."),
    ] = "auto"

    @property
    def augmentation(self) -> "Augmentation":
        """Shifts, and mirroring unless that would change the class."""
        from ..data.transforms import Augmentation

        flip = self.data != DIGITS if self.flip is None else self.flip
        return Augmentation(flip=flip)
