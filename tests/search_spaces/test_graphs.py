"""Lowered graphs against PyTorch: the same numbers from every format."""

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from support import MICRO, randomised

from latency.timing.engines import open_interpreter, open_session
from search_spaces import (
    Architecture,
    Convolution,
    InputError,
    MBConv,
    Network,
    Operation,
    load_definition,
)
from search_spaces.graphs.metadata import add_metadata, read_texts
from search_spaces.graphs.onnx import onnx_model
from search_spaces.graphs.quantised import quantised_onnx, quantised_tflite
from search_spaces.graphs.scaling import Scaling
from search_spaces.graphs.tflite import tflite_model
from search_spaces.graphs.weights import folded_weights, random_weights
from search_spaces.layer import Activation
from search_spaces.layer_modules import ConvNormActivation
from search_spaces.modules import OperationModule

SHAPES = [
    ("tiny", 8), ("tiny", 7), ("cifar", 16), ("cifar", 15), ("imagenet", 64), ("imagenet", 33),
]  # fmt: skip
KINDS: list[tuple[int, int, int, Activation]] = [
    (3, 1, 8, "relu6"), (5, 3, 8, "relu"), (7, 3, 8, "none"), (3, 3, 9, "relu"),
    (5, 1, 9, "none"), (7, 3, 9, "relu6"), (7, 3, 2, "relu6"), (1, 3, 8, "relu6"),
]  # fmt: skip
SINGLE = [
    MBConv(6, 10, kernel, 2, expansion, side, False, activation)
    for kernel, expansion, side, activation in KINDS
]

Images = NDArray[np.float32]


def run_onnx(operations: Sequence[Operation], network: Network, images: Images) -> Images:
    from latency.timing.engines import open_session

    model = onnx_model(operations, folded_weights(network), len(images))
    onnx.checker.check_model(model, full_check=True)
    result: Images = open_session(model.SerializeToString()).run(None, {"images": images})[0]
    return result


def run_tflite(operations: Sequence[Operation], network: Network, images: Images) -> Images:
    pytest.importorskip("ai_edge_litert", reason="TFLite is an optional dependency")
    from latency.timing.engines import open_interpreter
    from search_spaces.graphs.tflite import tflite_model

    interpreter = open_interpreter(tflite_model(operations, folded_weights(network), len(images)))
    given, output = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    interpreter.set_tensor(given["index"], np.ascontiguousarray(images.transpose(0, 2, 3, 1)))
    interpreter.invoke()
    result: Images = interpreter.get_tensor(output["index"])
    return result.transpose(0, 3, 1, 2) if result.ndim == 4 else result


RUN = {"onnx": run_onnx, "tflite": run_tflite}


def compare(operations: Sequence[Operation], batch: int, file_format: str) -> None:
    torch.manual_seed(0)
    network = randomised(Network(operations))
    images = torch.randn(batch, *operations[0].input_shape)
    with torch.inference_mode():
        expected = network(images).numpy()
    found = RUN[file_format](operations, network, images.numpy())
    assert found.shape == expected.shape
    assert np.abs(expected).max() > 1e-3
    np.testing.assert_allclose(found, expected, atol=2e-5 * np.abs(expected).max(), rtol=0)


@pytest.mark.parametrize("file_format", RUN)
@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize(("name", "resolution"), SHAPES)
def test_random_networks_agree_with_pytorch(
    name: str, resolution: int, batch: int, file_format: str
) -> None:
    width = 0.5 if name == "imagenet" else 1.0
    space = load_definition(name).adapt(resolution=resolution, width_multiplier=width).expand()
    architecture = Architecture.random(space, random.Random(f"{name}{resolution}{batch}"))
    compare(architecture.active, batch, file_format)


@pytest.mark.parametrize("file_format", RUN)
@pytest.mark.parametrize("operation", SINGLE, ids=lambda operation: operation.key)
def test_stride_two_is_padded_like_pytorch(operation: MBConv, file_format: str) -> None:
    compare([operation], 2, file_format)


@pytest.mark.parametrize("file_format", RUN)
@pytest.mark.parametrize("side", [8, 9])
def test_stem_of_stride_two_is_padded_like_pytorch(side: int, file_format: str) -> None:
    compare([Convolution(3, 8, 3, 2, side)], 1, file_format)


@pytest.mark.parametrize("file_format", RUN)
def test_relu_networks_agree(tmp_path: Path, file_format: str) -> None:
    path = tmp_path / "space.toml"
    path.write_text(MICRO.replace("classes", 'activation = "relu"\nclasses'))
    space = load_definition(path).expand()
    compare(Architecture.random(space, random.Random(1)).active, 1, file_format)


def test_zeros_among_the_operations_are_skipped() -> None:
    space = load_definition("tiny").expand()
    architecture = Architecture.choose(space, [len(b.candidates) - 1 for b in space.blocks])
    network = randomised(architecture.build())
    images = np.random.default_rng(0).standard_normal((1, 1, 8, 8), np.float32)
    with_zeros = run_onnx(architecture.operations, network, images)
    np.testing.assert_array_equal(with_zeros, run_onnx(architecture.active, network, images))


LOWER = {
    ".onnx": lambda operations, weights: onnx_model(operations, weights).SerializeToString(),
    ".tflite": tflite_model,
}


@pytest.mark.parametrize("suffix", LOWER)
def test_texts_travel_in_the_file_and_change_nothing_else(suffix: str) -> None:
    operations = [Convolution(1, 4, 3, 1, 4)]
    plain = LOWER[suffix](operations, random_weights(operations))
    assert read_texts(plain, suffix) == {}
    once = add_metadata(plain, suffix, {"a": "1", "b": "täxt"})
    twice = add_metadata(once, suffix, {"a": "2"})
    assert read_texts(once, suffix) == {"a": "1", "b": "täxt"}
    assert read_texts(twice, suffix) == {"a": "2", "b": "täxt"}
    images = np.random.default_rng(0).standard_normal((1, 1, 4, 4), np.float32)
    np.testing.assert_array_equal(run_file(plain, suffix, images), run_file(twice, suffix, images))


@pytest.mark.parametrize("suffix", LOWER)
def test_texts_survive_quantising(suffix: str) -> None:
    """A quantiser lays out its file in another way: buffers behind the flatbuffer."""
    operations = [Convolution(1, 4, 3, 1, 4)]
    images = [np.random.default_rng(0).standard_normal((1, 1, 4, 4), np.float32)]
    plain = LOWER[suffix](operations, random_weights(operations))
    if suffix == ".onnx":
        small = quantised_onnx(plain, images)
    else:
        small = quantised_tflite(plain, [images[0].transpose(0, 2, 3, 1)])
    told = add_metadata(small, suffix, {"a": "1"})
    assert read_texts(told, suffix)["a"] == "1"
    np.testing.assert_array_equal(
        run_file(small, suffix, images[0]), run_file(told, suffix, images[0])
    )


@pytest.mark.parametrize("suffix", LOWER)
def test_activations_get_the_range_of_all_images_in_whatever_order_they_come(suffix: str) -> None:
    operations = [Convolution(1, 4, 3, 1, 4, "none")]
    plain = LOWER[suffix](operations, random_weights(operations))
    wide = np.random.default_rng(0).uniform(-8, 8, (1, 1, 4, 4)).astype(np.float32)
    images: list[Images] = [wide, *[wide / np.float32(100)] * 200]
    if suffix == ".onnx":
        small = quantised_onnx(plain, images)
    else:
        small = quantised_tflite(plain, [one.transpose(0, 2, 3, 1) for one in images])
    exact, found = (run_file(one, suffix, wide).reshape(-1) for one in (plain, small))
    np.testing.assert_allclose(found, exact, atol=np.abs(exact).max() / 25)


def test_sums_of_int8_products_do_not_overflow() -> None:
    """Where x86 has no VNNI, two products of full 8 bits are more than its 16 bits hold."""
    operations = [Convolution(32, 8, 1, 1, 4, "none")]
    ((weight, bias),) = random_weights(operations)
    even = [(np.ones_like(weight), np.zeros_like(bias))]
    images = np.random.default_rng(0).uniform(0.8, 1, (4, 32, 4, 4)).astype(np.float32)
    plain = onnx_model(operations, even).SerializeToString()
    small = quantised_onnx(plain, [images[i : i + 1] for i in range(4)])
    exact, found = (run_file(one, ".onnx", images[:1]) for one in (plain, small))
    np.testing.assert_allclose(found, exact, rtol=0.02)


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        (".onnx", b"nothing of the kind"),
        (".onnx", b"\x10\0\0\0TFL3"),
        (".tflite", b""),
        (".tflite", b"nothing of the kind"),
        (".tflite", b"\x10\0\0\0TFL3"),
    ],
)
def test_other_files_are_refused(suffix: str, content: bytes) -> None:
    with pytest.raises(InputError, match=f"this is no {suffix} file"):
        read_texts(content, suffix)


@pytest.mark.parametrize("suffix", LOWER)
def test_no_damage_is_more_than_refused(suffix: str) -> None:
    """Whatever is cut off or overwritten: texts are read, or the one error is raised."""
    operations = [Convolution(1, 4, 3, 1, 4)]
    whole = LOWER[suffix](operations, random_weights(operations))
    whole = add_metadata(whole, suffix, {"a": "1", "b": "2"})
    generator = random.Random(0)
    refused = 0
    for number in range(2000):
        content = bytearray(whole)
        if number % 4 == 0:
            del content[generator.randrange(len(content)) :]
        for _ in range(generator.choice((1, 3, 30))):
            if content:
                content[generator.randrange(len(content))] = generator.randrange(256)
        try:
            read_texts(bytes(content), suffix)
        except InputError as error:
            assert f"this is no {suffix} file" in str(error)  # noqa: PT017
            refused += 1
    assert 100 < refused < 2000


@pytest.mark.parametrize("suffix", LOWER)
def test_scaling_is_the_normalisation_of_training(suffix: str) -> None:
    operations = [Convolution(3, 4, 3, 1, 4)]
    weights = random_weights(operations)
    mean, std = (0.5, 0.4, 0.3), (0.2, 0.3, 0.4)
    pixels = np.random.default_rng(0).integers(0, 256, (1, 3, 4, 4)).astype(np.float32)
    columns = [np.array(one, np.float32)[:, None, None] for one in (mean, std)]
    normalised: Images = (pixels / np.float32(255) - columns[0]) / columns[1]
    if suffix == ".onnx":
        scaled = onnx_model(operations, weights, 1, Scaling.of(mean, std)).SerializeToString()
    else:
        scaled = tflite_model(operations, weights, 1, Scaling.of(mean, std))
    plain = LOWER[suffix](operations, weights)
    np.testing.assert_allclose(
        run_file(scaled, suffix, pixels), run_file(plain, suffix, normalised), atol=1e-5
    )


def run_file(content: bytes, suffix: str, images: Images) -> Images:
    """Run a file; its outputs are compared, so their layout does not matter."""
    if suffix == ".onnx":
        result: Images = open_session(content).run(None, {"images": images})[0]
        return result
    interpreter = open_interpreter(content)
    given, output = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    values = images.transpose(0, 2, 3, 1)
    if given["dtype"] == np.int8:
        scale, zero = given["quantization"]
        values = np.clip(np.round(values / scale) + zero, -128, 127)
    interpreter.set_tensor(given["index"], np.ascontiguousarray(values.astype(given["dtype"])))
    interpreter.invoke()
    found: Images = interpreter.get_tensor(output["index"])
    if output["dtype"] == np.int8:
        scale, zero = output["quantization"]
        found = (found.astype(np.float32) - zero) * scale
    return found


def test_random_weights_keep_the_scale_of_activations() -> None:
    """Denormals, which shrinking activations become, would slow a runtime down."""
    space = load_definition("imagenet").adapt(resolution=32, width_multiplier=0.5).expand()
    operations = Architecture.choose(space, [5] * len(space.blocks)).active
    images = np.random.default_rng(0).standard_normal((1, 3, 32, 32), np.float32)
    from latency.timing.engines import open_session

    model = onnx_model(operations, random_weights(operations))
    (logits,) = open_session(model.SerializeToString()).run(None, {"images": images})
    assert 1e-3 < logits.std() < 1e3


def test_folding_a_batch_norm_is_exact() -> None:
    operation = MBConv(4, 4, 3, 1, 3, 6, False)
    network = randomised(Network([operation])).double()
    images = torch.randn(2, 4, 6, 6, dtype=torch.float64)
    kernel, bias = (torch.from_numpy(part).double() for part in folded_weights(network)[0])
    with torch.inference_mode():
        (block,) = network.blocks
        assert isinstance(block, OperationModule)
        expand = next(block.layers.children())
        assert isinstance(expand, ConvNormActivation)
        expected = expand.norm(expand.conv(images))
        found = torch.nn.functional.conv2d(images, kernel, bias)
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-6)
