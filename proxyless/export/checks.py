"""What an exported file must pass before it is left: logits, accuracy, a reload by a stranger."""

import io
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from search_spaces import InputError

from ..model_file import ModelFile

STRANGER = Path(__file__).with_name("stranger.py")

Images = NDArray[Any]


def max_difference(network: nn.Module, model: ModelFile, images: Tensor, given: Images) -> float:
    """Return the largest absolute difference of any logit between PyTorch and a file.

    ``images`` are what the network takes; ``given`` are the same ones as the file takes them.
    """
    with torch.inference_mode():
        expected = network(images).numpy()
    return float(np.abs(expected - model(given)).max())


def accuracy(batches: Iterable[tuple[Tensor, Tensor]]) -> float:
    """Return the share of images whose largest logit is their label's, of (logits, labels)."""
    right = images = 0
    for logits, labels in batches:
        right += int((logits.argmax(1) == labels).sum())
        images += len(labels)
    return right / images


def check_reload(path: Path, given: Images) -> None:
    """Run one batch in a fresh process that imports nothing of ours; compare to the last bit.

    Raises:
        InputError: the process fails, or finds other logits than this one.
    """
    if path.suffix == ".onnx":
        onnx.checker.check_model(onnx.load(path), full_check=True)
    model = ModelFile.load(path)
    count = model.batch or len(given)
    batch = model.encode(np.resize(given, (count, *given.shape[1:])))
    written = io.BytesIO()
    np.save(written, batch)
    command = [sys.executable, "-P", str(STRANGER), str(path)]
    done = subprocess.run(command, input=written.getvalue(), capture_output=True, check=False)
    if done.returncode != 0:
        reason = (done.stderr.decode(errors="replace").strip().splitlines() or ["no reason"])[-1]
        raise InputError(f"a fresh process cannot run the exported file: {reason}")
    found = np.load(io.BytesIO(done.stdout))
    if not np.array_equal(found, model.run(batch)):
        raise InputError("a fresh process finds other logits in the exported file than this one")
