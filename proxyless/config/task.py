"""What is learned, from what, and where it is computed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from typing_extensions import Doc

from search_spaces import InputError
from search_spaces.fields import AtLeast, Below, OneOf
from search_spaces.schema import STRICT

from ..data.digits import DIGITS
from .space import SpaceConfig

if TYPE_CHECKING:
    import torch

    from ..data.transforms import Augmentation


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
    batch_size: Annotated[int, AtLeast(2), Doc("Images a training step.")] = 64
    seed: Annotated[int, AtLeast(0), Below(2**32), Doc("Seed of every random choice.")] = 0
    compute: Annotated[
        str,
        OneOf(("auto", "cpu", "cuda")),
        Doc("Where weights are trained: auto is CUDA if there is any."),
    ] = "auto"
    compute_threads: Annotated[
        int | None,
        AtLeast(1),
        Doc("Threads PyTorch may train with; 1 is best for small networks."),
    ] = None
    checkpoint_seconds: Annotated[float, AtLeast(0), Doc("Seconds of work a kill may cost.")] = 30.0
    precision: Annotated[
        str,
        OneOf(("auto", "float32", "bfloat16")),
        Doc("What weight steps compute in: auto is bfloat16 on CUDA."),
    ] = "auto"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.compute == "cuda":
            import torch

            if not torch.cuda.is_available():
                raise InputError("`compute` 'cuda': torch finds no CUDA device on this machine")

    def prepare_compute(self) -> "torch.device":
        """Let PyTorch use so many threads, and return where weights are trained."""
        import torch

        if self.compute_threads is not None:
            torch.set_num_threads(self.compute_threads)
        return self.torch_device

    @property
    def torch_device(self) -> "torch.device":
        """Where weights are trained."""
        import torch

        cuda = self.compute == "cuda" or (self.compute == "auto" and torch.cuda.is_available())
        return torch.device("cuda" if cuda else "cpu")

    def autocast(self) -> "torch.autocast":
        """Return the context that weight steps compute their logits and loss in."""
        import torch

        device = self.torch_device.type
        low = self.precision == "bfloat16" or (self.precision == "auto" and device == "cuda")
        return torch.autocast(device, torch.bfloat16, enabled=low)

    @property
    def augmentation(self) -> "Augmentation":
        """Shifts, and mirroring unless that would change the class."""
        from ..data.transforms import Augmentation

        flip = self.data != DIGITS if self.flip is None else self.flip
        return Augmentation(flip=flip)
