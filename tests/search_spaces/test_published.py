"""Golden figures: the networks of the ProxylessNAS paper, as their authors released them."""

import json

import pytest
from support import SHARED_DATA

from proxyless import load_architecture
from search_spaces import MBConv
from search_spaces.modules import count_parameters

PARAMETERS = {
    "proxyless_cpu": 4_361_648,
    "proxyless_gpu": 7_119_848,
    "proxyless_mobile": 4_080_512,
    "proxyless_mobile_14": 6_857_568,
}


@pytest.mark.parametrize(("name", "parameters"), PARAMETERS.items())
def test_published_parameters(name: str, parameters: int) -> None:
    architecture = load_architecture(name)
    assert architecture.parameters == parameters
    assert count_parameters(architecture.build()) == parameters


@pytest.mark.parametrize("name", PARAMETERS)
def test_published_blocks_and_macs(name: str) -> None:
    file = SHARED_DATA / "architectures.json"
    if not file.is_file():
        pytest.skip("the published block lists are not beside this checkout (shared data)")
    published = json.loads(file.read_text())[name.removeprefix("proxyless_")]
    architecture = load_architecture(name)
    assert architecture.macs == published["macs_conv_fc_only"]
    blocks = [
        (one["op"], one["in"], one["out"], one["in_res"], one["skip"])
        for one in published["blocks"]
        if one["op"].startswith("MB")
    ]
    assert blocks == [
        (one.label, one.in_channels, one.out_channels, one.resolution, one.skip)
        for one in architecture.active
        if isinstance(one, MBConv)
    ]


def test_published_networks_tell_imagenet_classes_apart() -> None:
    for name in PARAMETERS:
        assert load_architecture(name).classes == 1000
        assert load_architecture(name).input_shape == (3, 224, 224)


def test_unknown_model_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"no model 'proxyless_tpu'.*proxyless_mobile_14"):
        load_architecture("proxyless_tpu")
