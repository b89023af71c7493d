from dataclasses import replace
from typing import Any

import pytest
import torch

from search_spaces import MBConv, Operation, Space, Zero, load_definition, load_space
from search_spaces.layer import ConvLayer
from search_spaces.modules import OperationModule, count_parameters

REDUCED = {"imagenet": 32, "cifar": 16, "tiny": 8}


def operations(name: str) -> list[Operation]:
    """Every operation of a built-in space, zeros too, at a resolution that tests can afford."""
    space = load_definition(name).adapt(resolution=REDUCED[name]).expand()
    zeros = {one for block in space.blocks for one in block.candidates if isinstance(one, Zero)}
    return [*space.operations(), *sorted(zeros, key=lambda zero: zero.key)]


@pytest.fixture(scope="module")
def imagenet() -> Space:
    return load_space("imagenet")


def test_imagenet_has_the_published_number_of_networks(imagenet: Space) -> None:
    assert imagenet.size == 6**6 * 7**15


def test_imagenet_has_70_distinct_operations(imagenet: Space) -> None:
    keys = [operation.key for operation in imagenet.operations()]
    assert len(keys) == len(set(keys)) == 70


def test_imagenet_blocks_have_the_published_geometry(imagenet: Space) -> None:
    depths = [4, 4, 4, 4, 4, 1]
    assert [block.stage for block in imagenet.blocks] == [
        stage for stage, depth in enumerate(depths) for _ in range(depth)
    ]
    first = {block.stage: block.candidates[0] for block in reversed(imagenet.blocks)}
    assert [first[stage].output_shape for stage in range(6)] == [
        (24, 56, 56),
        (40, 28, 28),
        (80, 14, 14),
        (96, 14, 14),
        (192, 7, 7),
        (320, 7, 7),
    ]
    strides = [one.stride for _, one in sorted(first.items()) if isinstance(one, MBConv)]
    assert strides == [2, 2, 2, 1, 2, 1]


def test_imagenet_has_zero_exactly_where_a_block_keeps_stride_and_width(imagenet: Space) -> None:
    firsts = {0, 4, 8, 12, 16, 20}
    for number, block in enumerate(imagenet.blocks):
        assert (Zero in map(type, block.candidates)) == (number not in firsts)
        mobile = [one for one in block.candidates if isinstance(one, MBConv)]
        assert [(one.expansion, one.kernel) for one in mobile] == [
            (expansion, kernel) for expansion in (3, 6) for kernel in (3, 5, 7)
        ]
        assert all(one.skip == (number not in firsts) for one in mobile)


def test_imagenet_fixed_parts(imagenet: Space) -> None:
    stem, first, head, classifier = imagenet.fixed
    assert (stem.input_shape, stem.output_shape) == ((3, 224, 224), (32, 112, 112))
    assert (first.label, first.output_shape, first.residual) == ("MB1_3x3", (16, 112, 112), False)
    assert head.output_shape == (1280, 7, 7)
    assert classifier.output_shape == (1000,)


def test_fixed_width_of_batch_norm(imagenet: Space) -> None:
    norms = {
        layer.norm
        for one in imagenet.operations()
        for layer in one.layers
        if isinstance(layer, ConvLayer)
    }
    assert [(norm.momentum, norm.epsilon) for norm in norms] == [(0.1, 1e-3)]


@pytest.mark.parametrize("name", REDUCED)
def test_modules_are_what_the_specs_say(name: str) -> None:
    for operation in operations(name):
        module = OperationModule(operation).eval()
        assert count_parameters(module) == operation.parameters, operation.key
        with torch.inference_mode():
            shape = module(torch.zeros(1, *operation.input_shape)).shape[1:]
        assert tuple(shape) == operation.output_shape, operation.key


@pytest.mark.parametrize("name", REDUCED)
def test_macs_are_what_pytorch_counts(name: str) -> None:
    from torch.utils.flop_counter import FlopCounterMode

    for operation in operations(name)[::5]:
        module = OperationModule(operation).eval()
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            module(torch.zeros(1, *operation.input_shape))
        assert counter.get_total_flops() == 2 * operation.macs, operation.key


def test_blocks_of_a_space_fit_together() -> None:
    for name in REDUCED:
        space = load_space(name)
        shape: tuple[int, ...] = space.before[-1].output_shape
        for block in space.blocks:
            assert {one.input_shape for one in block.candidates} == {shape}
            (shape,) = {one.output_shape for one in block.candidates}
        assert space.after[0].input_shape == shape


def test_key_holds_everything_that_changes_the_time() -> None:
    operation = MBConv(8, 8, 3, 1, 3, 16, True)
    changes: dict[str, Any] = {
        "in_channels": 4, "out_channels": 16, "kernel": 5, "stride": 2,
        "expansion": 6, "resolution": 8, "skip": False, "activation": "relu",
    }  # fmt: skip
    keys = {operation.key}
    for name, value in changes.items():
        keys.add(replace(operation, **{"skip": False, name: value}).key)
    assert len(keys) == len(changes) + 1


def test_residual_needs_stride_one_and_equal_widths() -> None:
    with pytest.raises(ValueError, match="a residual needs stride 1 and equal widths"):
        MBConv(8, 16, 3, 1, 3, 16, True)
    with pytest.raises(ValueError, match="a residual needs stride 1 and equal widths"):
        MBConv(8, 8, 3, 2, 3, 16, True)


def test_residual_adds_the_input() -> None:
    torch.manual_seed(0)
    module = OperationModule(MBConv(4, 4, 3, 1, 3, 8, True)).eval()
    x = torch.randn(2, 4, 8, 8)
    with torch.inference_mode():
        assert torch.equal(module(x), x + module.layers(x))
        assert not torch.equal(module(x), module.layers(x))
