"""What an exported file must pass before it is left: logits, accuracy, a reload by a stranger."""

import io
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from search_spaces import InputError

from ...config import ExportConfig
from ...engine.metrics import accuracy_over
from ..model_file import ModelFile
from .formats import Format
from .images import CheckImages

TOLERANCE = 1e-4
"""Largest difference of any logit between PyTorch and a float32 file, absolute."""
FLOAT_DROP = 0.1
"""Largest difference of test accuracy between PyTorch and a float32 file, in points."""
INT8_DROP = ExportConfig.max_drop
"""Points of test accuracy that int8 may cost unless told otherwise."""
CHECKED_IMAGES = 64
STRANGER = Path(__file__).with_name("stranger.py")

Images = NDArray[Any]


@dataclass(frozen=True)
class Agreement:
    """How far a file is from PyTorch: in its logits on training images, and on the test images.

    ``max_difference`` is of any logit; accuracies are shares of the test images.
    """

    max_difference: float
    images_checked: int
    test_accuracy: float
    pytorch_accuracy: float

    @classmethod
    def of(cls, network: nn.Module, model: ModelFile, images: CheckImages) -> Self:
        """Show a network and its file the same images."""
        some = images.some(CHECKED_IMAGES)
        found, expected = [], []
        with torch.inference_mode():
            for batch in images.test_batches:
                found.append((torch.from_numpy(model(batch.taken)), batch.labels))
                expected.append((network(batch.given), batch.labels))
        return cls(
            max_difference(network, model, some.given, some.taken),
            len(some.given),
            accuracy_over(found),
            accuracy_over(expected),
        )

    @property
    def drop(self) -> float:
        """Points of test accuracy that the file costs."""
        return 100 * (self.pytorch_accuracy - self.test_accuracy)


@dataclass(frozen=True)
class Checks:
    """What a file of ``kind`` must pass to be left, with what it is compared.

    A float32 file gives PyTorch's logits within :data:`TOLERANCE`, and its test accuracy within
    :data:`FLOAT_DROP` points. An int8 file costs at most ``max_drop`` points. Any file gives a
    stranger the logits that it gives us.
    """

    run: Path
    kind: Format
    network: nn.Module
    images: CheckImages
    max_drop: float

    def compare(self, model: ModelFile) -> Agreement:
        """Compare with PyTorch.

        Raises:
            InputError: the file is not PyTorch's equal, or not good enough.
        """
        found = Agreement.of(self.network, model, self.images)
        if self.kind.dtype == "int8":
            if not found.drop <= self.max_drop:
                raise InputError(
                    f"int8 costs {found.drop:.2f} points of test accuracy, more than `max_drop` "
                    f"{self.max_drop:g}: nothing was written; allow more, or export float32"
                )
            return found
        differs = f"the {self.kind.name} export of {self.run} differs from PyTorch by"
        mend = "nothing was written; please report this architecture"
        if not found.max_difference < TOLERANCE:
            raise InputError(
                f"{differs} {found.max_difference:.2g} in a logit, more than {TOLERANCE:g}: {mend}"
            )
        if not abs(found.drop) <= FLOAT_DROP:
            raise InputError(
                f"{differs} {abs(found.drop):.2f} points of test accuracy, more than "
                f"{FLOAT_DROP:g}: {mend}"
            )
        return found

    def reload(self, path: Path) -> None:
        """Run a batch in a fresh process that imports nothing of ours; compare to the last bit.

        Raises:
            InputError: the process fails, or finds other logits than this one.
        """
        if path.suffix == ".onnx":
            onnx.checker.check_model(onnx.load(path), full_check=True)
        model = ModelFile.load(path)
        count = model.batch or CHECKED_IMAGES
        taken = self.images.some(count).taken
        batch = model.encode(np.resize(taken, (count, *taken.shape[1:])))
        if not np.array_equal(_strangers_logits(path, batch), model.run(batch)):
            raise InputError(
                "a fresh process finds other logits in the exported file than this one"
            )


def max_difference(network: nn.Module, model: ModelFile, given: Tensor, taken: Images) -> float:
    """Return the largest absolute difference of any logit between PyTorch and a file.

    ``given`` are images as the network takes them; ``taken`` are the same ones for the file.
    """
    with torch.inference_mode():
        expected = network(given).numpy()
    return float(np.abs(expected - model(taken)).max())


def _strangers_logits(path: Path, batch: Images) -> Images:
    written = io.BytesIO()
    np.save(written, batch)
    command = [sys.executable, "-P", str(STRANGER), str(path)]
    done = subprocess.run(command, input=written.getvalue(), capture_output=True, check=False)
    if done.returncode != 0:
        reason = (done.stderr.decode(errors="replace").strip().splitlines() or ["no reason"])[-1]
        raise InputError(f"a fresh process cannot run the exported file: {reason}")
    logits: Images = np.load(io.BytesIO(done.stdout))
    return logits
