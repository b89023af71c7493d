"""Our TFLite files beside those of ``litert-torch``, which is independent (extra `reference`)."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from support import randomised

from latency.timing.engines import open_interpreter
from proxyless.deploy.export.delegation import delegation
from proxyless.deploy.model_file import ModelFile
from search_spaces import Architecture, load_definition
from search_spaces.graphs.tflite import tflite_model
from search_spaces.graphs.weights import folded_weights
from search_spaces.mobilenet_v2 import mobilenet_v2

litert_torch = pytest.importorskip(
    "litert_torch", reason="the reference converter is an extra: pip install '.[reference]'"
)


def architectures() -> list[Architecture]:
    spaces = [
        load_definition("tiny").expand(),
        load_definition("cifar").expand(),
        load_definition("imagenet").adapt(resolution=64, width_multiplier=0.5).expand(),
    ]
    return [*(Architecture.random(one, random.Random(0)) for one in spaces), mobilenet_v2(64)]


@pytest.mark.parametrize("architecture", architectures(), ids=lambda one: one.space)
def test_both_converters_compute_the_same_with_the_same_nodes(
    tmp_path: Path, architecture: Architecture
) -> None:
    network = randomised(architecture.build())
    images = torch.randn(1, *architecture.input_shape, generator=torch.Generator().manual_seed(0))
    path = tmp_path / "theirs.tflite"
    litert_torch.convert(network, (images,)).export(str(path))
    theirs = path.read_bytes()
    ours = tflite_model(architecture.active, folded_weights(network))
    expected = ModelFile.open(theirs, ".tflite")(images.numpy())
    found = ModelFile.open(ours, ".tflite")(images.numpy())
    np.testing.assert_allclose(found, expected, atol=2e-5 * np.abs(expected).max(), rtol=0)
    assert delegation(ours).left == delegation(theirs).left == ()
    assert kinds(ours) == kinds(theirs)


def kinds(content: bytes) -> dict[str, int]:
    """Count what takes time; a convolution of one channel is depthwise to one of the two."""
    names = [node["op_name"] for node in open_interpreter(content)._get_ops_details()]
    convolutions = sum(name in ("CONV_2D", "DEPTHWISE_CONV_2D") for name in names)
    return {"convolutions": convolutions, "PAD": names.count("PAD")}
