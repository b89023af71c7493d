"""``net.config`` of ProxylessNAS, once-for-all and MCUNet, written as their code writes it."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from test_published import PARAMETERS

from proxyless import load_architecture
from search_spaces import Architecture, Classifier, Convolution, InputError, MBConv, Zero
from search_spaces.mobilenet_v2 import mobilenet_v2


def convolution(layer: Convolution) -> dict[str, Any]:
    return {
        "name": "ConvLayer",
        "kernel_size": layer.kernel,
        "stride": layer.stride,
        "dilation": 1,
        "groups": 1,
        "bias": False,
        "has_shuffle": False,
        "in_channels": layer.in_channels,
        "out_channels": layer.out_channels,
        "use_bn": True,
        "act_func": layer.activation,
        "dropout_rate": 0,
        "ops_order": "weight_bn_act",
    }


def identity(channels: int) -> dict[str, Any]:
    return {
        "name": "IdentityLayer",
        "in_channels": [channels],
        "out_channels": [channels],
        "use_bn": False,
        "act_func": None,
        "dropout_rate": 0,
        "ops_order": "weight_bn_act",
    }


def block(layer: MBConv | Zero, style: str) -> dict[str, Any]:
    """A block as the code of ``style`` writes it."""
    if isinstance(layer, Zero):
        conv: dict[str, Any] = {"name": "ZeroLayer", "stride": 1}
        skip, channels = True, layer.channels
    else:
        skip, channels = layer.skip, layer.in_channels
        conv = {
            "name": "MBInvertedConvLayer",
            "in_channels": channels,
            "out_channels": layer.out_channels,
            "kernel_size": layer.kernel,
            "stride": layer.stride,
            "expand_ratio": layer.expansion,
        }
        if style != "proxylessnas":
            conv |= {"mid_channels": None, "act_func": "relu6", "use_se": False}
        if style == "mcunet" and layer.expansion > 1:
            conv["mid_channels"] = channels * layer.expansion
    return {
        "name": "MobileInvertedResidualBlock",
        "mobile_inverted_conv": conv,
        "shortcut": identity(channels) if skip else None,
    }


def net_config(network: Architecture, style: str = "mcunet") -> dict[str, Any]:
    stem, *blocks, head, classifier = network.operations
    assert isinstance(stem, Convolution)
    assert isinstance(head, Convolution)
    assert isinstance(classifier, Classifier)
    return {
        "name": "ProxylessNASNets",
        "bn": {"momentum": 0.1, "eps": 0.001},
        "first_conv": convolution(stem),
        "blocks": [block(one, style) for one in blocks if isinstance(one, MBConv | Zero)],
        "feature_mix_layer": convolution(head),
        "classifier": {
            "name": "LinearLayer",
            "in_features": classifier.in_channels,
            "out_features": classifier.classes,
            "bias": True,
            "use_bn": False,
            "act_func": None,
            "dropout_rate": 0,
            "ops_order": "weight_bn_act",
        },
        "resolution": stem.resolution,
    }


def loaded(folder: Path, data: object) -> Architecture:
    path = folder / "architecture.json"
    path.write_text(json.dumps(data))
    return Architecture.load(path)


@pytest.mark.parametrize("style", ["proxylessnas", "once-for-all", "mcunet"])
@pytest.mark.parametrize(("name", "parameters"), PARAMETERS.items())
def test_published_networks(tmp_path: Path, name: str, parameters: int, style: str) -> None:
    ours = load_architecture(name)
    found = loaded(tmp_path, net_config(ours, style))
    assert found.operations == ours.operations
    assert (found.parameters, found.macs) == (parameters, ours.macs)
    assert (found.classes, found.input_shape) == (1000, (3, 224, 224))
    found.save(tmp_path / "again.json")
    assert Architecture.load(tmp_path / "again.json") == found


def test_without_a_feature_mix_layer(tmp_path: Path) -> None:
    data = net_config(load_architecture("proxyless_cpu"))
    data["feature_mix_layer"] = None
    data["classifier"]["in_features"] = 360
    data["bn"]["ws_eps"] = None
    assert loaded(tmp_path, data).operations[-1] == Classifier(360, 1000, 7)


GOOD = net_config(load_architecture("proxyless_cpu"))


def changed(path: str, value: object) -> dict[str, Any]:
    """The good file with another value at a path such as ``blocks.1.shortcut``."""
    data = copy.deepcopy(GOOD)
    *parents, last = path.split(".")
    place: Any = data
    for part in parents:
        place = place[int(part)] if part.isdecimal() else place[part]
    if value is ...:
        del place[last]
    else:
        place[int(last) if last.isdecimal() else last] = value
    return data


CONV = "blocks.1.mobile_inverted_conv"


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("resolution", ..., r'does not say for which images: .*"resolution": 224'),
        ("resolution", None, "top level has resolution None, not a whole number"),
        ("resolution", [224, 224], r"resolution \[224, 224\], not a whole"),
        ("resolution", 10**9, "resolution 1000000000, not a whole number"),
        ("final_expand_layer", {}, "has 'final_expand_layer', which no operation here is"),
        ("bn", ..., "bn is None, not an object"),
        ("bn.eps", -1, "bn needs momentum and eps"),
        ("bn.eps", "x", "bn needs momentum and eps"),
        ("bn.ws_eps", 1e-5, "bn has 'ws_eps', which no operation here has"),
        ("first_conv", None, "first_conv is None, not an object"),
        ("first_conv.name", "DepthConvLayer", "first_conv is a 'DepthConvLayer', and only ConvLa"),
        ("first_conv.act_func", "h_swish", "first_conv has act_func 'h_swish', and activations"),
        ("first_conv.act_func", ..., "first_conv has act_func 'missing'"),
        ("first_conv.groups", 2, "first_conv has 'groups' 2, which no operation here has"),
        ("first_conv.dilation", 2, "first_conv has 'dilation' 2"),
        ("first_conv.kernel_size", [3, 3], r"first_conv has kernel_size \[3, 3\], not a whole"),
        ("first_conv.kernel_size", 4, "first_conv has kernel_size 4, and kernels here are odd"),
        ("first_conv.stride", 0, "first_conv has stride 0, not a whole number"),
        ("first_conv.stride", -2, "first_conv has stride -2, not a whole number"),
        ("first_conv.out_channels", True, "first_conv has out_channels True"),
        ("first_conv.out_channels", 41, "block 1, mobile_inverted_conv takes 40 channels"),
        ("first_conv.use_bn", False, "first_conv has 'use_bn' False"),
        ("first_conv.bias", True, "first_conv has 'bias' True"),
        ("blocks", None, "blocks is no list"),
        ("blocks", "abc", "blocks is no list"),
        ("blocks", [{}] * 1001, "blocks is no list of at most 1000"),
        ("blocks.1", 5, "block 2 is 5, not an object"),
        ("blocks.1.name", "ShuffleLayer", "block 2 is a 'ShuffleLayer', and only Mobile"),
        ("blocks.1.se", {}, "block 2 has 'se', which no operation here has"),
        (f"{CONV}.use_se", True, "block 2, mobile_inverted_conv has 'use_se' True, which no"),
        (f"{CONV}.act_func", "h_swish", "block 2, mobile_inverted_conv has act_func 'h_swish'"),
        (f"{CONV}.kernel_size", [3, 5], r"block 2, .* has kernel_size \[3, 5\]"),
        (f"{CONV}.mid_channels", 100, "block 2, .* expands 24 channels to 100, which no"),
        (f"{CONV}.mid_channels", 24, "block 2, .* expands 24 channels to 24, which no"),
        (f"{CONV}.expand_ratio", 10**20, "mobile_inverted_conv|expand"),
        (f"{CONV}.in_channels", 25, "block 2, mobile_inverted_conv takes 25 channels, and what"),
        (f"{CONV}.more", 1, "block 2, mobile_inverted_conv has 'more' 1"),
        ("blocks.1.shortcut", identity(24), "block 2, mobile_inverted_conv is no operation here"),
        ("blocks.2.shortcut.name", "ConvLayer", "block 3, shortcut is a 'ConvLayer'"),
        ("blocks.2.shortcut.use_bn", True, "block 3, shortcut has use_bn True"),
        ("feature_mix_layer.use_se", True, "feature_mix_layer has 'use_se' True"),
        ("classifier.in_features", 1, "classifier takes 1 channels, and what lies before it"),
        ("classifier.out_features", 10**12, "classifier has out_features 1000000000000"),
        ("classifier.bias", False, "classifier has bias False, not True"),
        ("classifier.name", "SE", "classifier is a 'SE', and only LinearLayer"),
        ("name", 5, "its name is no text"),
    ],
)
def test_networks_that_no_operations_are(
    tmp_path: Path, path: str, value: object, words: str
) -> None:
    if path == f"{CONV}.expand_ratio":
        assert isinstance(value, int)
        data = changed(path, 10**6)
        data["blocks"][1]["mobile_inverted_conv"]["mid_channels"] = None
    else:
        data = changed(path, value)
    with pytest.raises(InputError, match=words) as caught:
        loaded(tmp_path, data)
    assert "architecture.json" in str(caught.value)


values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
paths = st.sampled_from(
    [
        *("resolution", "bn", "bn.eps", "first_conv", "first_conv.stride", "first_conv.act_func"),
        *("blocks", "blocks.0", f"{CONV}.expand_ratio", f"{CONV}.kernel_size"),
        *(f"{CONV}.mid_channels", "blocks.2.shortcut", "feature_mix_layer", "classifier"),
        *("classifier.out_features", "name"),
    ]
)


@given(paths, values | st.lists(values, max_size=2) | st.dictionaries(st.text(max_size=3), values))
def test_any_value_is_taken_or_refused(path: str, value: object) -> None:
    try:
        found = Architecture.from_json(json.dumps(changed(path, value)), "it")
        sentence = f"it has {found.parameters} parameters"
    except InputError as error:
        sentence = str(error)
    assert sentence.startswith("it")


def test_mobilenet_v2_is_written_and_read(tmp_path: Path) -> None:
    network = mobilenet_v2()
    assert loaded(tmp_path, net_config(network)).macs == network.macs
