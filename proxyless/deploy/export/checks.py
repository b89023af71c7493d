"""What an exported file must pass before it is left: logits, accuracy, a standalone run."""

import io
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from search_spaces import InputError, Network
from search_spaces.outside import read_bytes

from ...config import ExportConfig
from ...engine.metrics import accuracy_over
from ..model_file import Array, ModelFile
from .formats import Format
from .images import CheckImages

TOLERANCE = 1e-4
"""Largest difference of any logit between PyTorch and a float32 file, absolute."""
FLOAT_DROP = 0.1
"""Largest difference of test accuracy between PyTorch and a float32 file, in points."""
INT8_DROP = ExportConfig.max_drop
"""Points of test accuracy that int8 may cost unless told otherwise."""
CHECKED_IMAGES = 64
STANDALONE_CHECK = Path(__file__).with_name("standalone_check.py")
"""The program that opens a file with an inference engine alone."""
STANDALONE_SECONDS = 600.0
"""For a batch in it: ten times what the largest networks take on a slow machine."""

Images = NDArray[np.float32]


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
        checked = images.training_images(CHECKED_IMAGES)
        by_file, by_network = [], []
        with torch.inference_mode():
            for batch in images.test_batches:
                by_file.append((torch.from_numpy(model(batch.for_file)), batch.labels))
                by_network.append((network(batch.for_network), batch.labels))
        return cls(
            max_difference(network, model, checked.for_network, checked.for_file),
            len(checked.labels),
            accuracy_over(by_file),
            accuracy_over(by_network),
        )

    @property
    def drop(self) -> float:
        """Points of test accuracy that the file costs."""
        return 100 * (self.pytorch_accuracy - self.test_accuracy)


@dataclass(frozen=True)
class Checks:
    """What a file of ``kind`` must pass to be left, with what it is compared.

    A float32 file gives PyTorch's logits within :data:`TOLERANCE`, and its test accuracy within
    :data:`FLOAT_DROP` points. An int8 file costs at most ``max_drop`` points. Any file gives
    a process that imports nothing of ours the logits that it gives us.
    """

    run: Path
    kind: Format
    network: Network
    images: CheckImages
    max_drop: float

    def compare(self, model: ModelFile) -> Agreement:
        """Compare with PyTorch.

        Raises:
            InputError: the file is not PyTorch's equal, or not good enough.
        """
        agreement = Agreement.of(self.network, model, self.images)
        if self.kind.dtype == "int8":
            if not agreement.drop <= self.max_drop:
                raise InputError(
                    f"int8 costs {agreement.drop:.2f} points of test accuracy, more than "
                    f"`max_drop` {self.max_drop:g}: nothing was written; allow more, or "
                    "export float32"
                )
            return agreement
        differs = f"the {self.kind.name} export of {self.run} differs from PyTorch by"
        mend = "nothing was written; please report this architecture"
        if not agreement.max_difference < TOLERANCE:
            raise InputError(
                f"{differs} {agreement.max_difference:.2g} in a logit, more than "
                f"{TOLERANCE:g}: {mend}"
            )
        if not abs(agreement.drop) <= FLOAT_DROP:
            raise InputError(
                f"{differs} {abs(agreement.drop):.2f} points of test accuracy, more than "
                f"{FLOAT_DROP:g}: {mend}"
            )
        return agreement

    def reload(self, path: Path) -> None:
        """Run a batch in a fresh process that imports nothing of ours; compare to the last bit.

        Raises:
            InputError: the process fails, or finds other logits than this one.
        """
        if path.suffix == ".onnx":
            content = read_bytes(path, "model")
            onnx.checker.check_model(onnx.load_from_string(content), full_check=True)
        model = ModelFile.load(path)
        count = model.batch or CHECKED_IMAGES
        images = self.images.training_images(count).for_file
        batch = model.encode(np.resize(images, (count, *images.shape[1:])))
        if not np.array_equal(_standalone_logits(path, batch), model.run(batch)):
            raise InputError(
                "a fresh process finds other logits in the exported file than this one"
            )


def max_difference(
    network: nn.Module, model: ModelFile, for_network: Tensor, for_file: Images
) -> float:
    """Return the largest absolute difference of any logit between PyTorch and a file.

    ``for_network`` and ``for_file`` are the same images (N, C, H, W), as each takes them.
    """
    with torch.inference_mode():
        expected = network(for_network).numpy()
    return float(np.abs(expected - model(for_file)).max())


def _standalone_logits(path: Path, batch: Array) -> Array:
    """Run a batch, as the file takes it, in a process that imports nothing of ours."""
    stdin = io.BytesIO()
    np.save(stdin, batch)
    command = [sys.executable, "-P", str(STANDALONE_CHECK), str(path)]
    try:
        done = subprocess.run(
            command,
            input=stdin.getvalue(),
            capture_output=True,
            check=False,
            timeout=STANDALONE_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise InputError(
            "a fresh process cannot run the exported file: it has no answer after "
            f"{STANDALONE_SECONDS:g} s"
        ) from None
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason"]
        raise InputError(f"a fresh process cannot run the exported file: {lines[-1]}")
    logits: Array = np.load(io.BytesIO(done.stdout))
    return logits
