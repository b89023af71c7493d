"""Weights that are not what a network's are."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import Tensor

from proxyless.runs.weights import load_network, save_weights
from search_spaces import Architecture, InputError, Space

State = dict[str, Tensor]


@pytest.fixture(scope="module")
def architecture(micro: Space) -> Architecture:
    return Architecture.choose(micro, [0, 1, 2, 0])


def filled(suffix: str, value: float) -> Callable[[State], None]:
    def change(state: State) -> None:
        name = next(name for name in state if name.endswith(suffix))
        state[name].flatten()[-1] = value

    return change


def with_first(change: Callable[[Tensor], Tensor]) -> Callable[[State], None]:
    def edit(state: State) -> None:
        name = next(iter(state))
        state[name] = change(state[name]).contiguous()

    return edit


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (filled("conv.weight", math.nan), r"conv\.weight holds NaN"),
        (filled("norm.bias", math.inf), r"norm\.bias holds infinities"),
        (filled("norm.running_mean", -math.inf), r"running_mean holds infinities"),
        (filled("norm.running_var", -1.0), r"running_var holds negative variances"),
        (with_first(lambda tensor: tensor.half()), r"is of float16 and not float32"),
        (with_first(lambda tensor: tensor.double()), r"is of float64 and not float32"),
        (with_first(lambda tensor: tensor[:1]), r"is 1 x .* and not "),
        (with_first(lambda tensor: tensor.sum()), r"is a single number and not "),
        (lambda state: state.__delitem__(next(iter(state))), r"tensor .* is missing"),
        (lambda state: state.update(more=torch.zeros(1)), r"it has no tensor more"),
        (lambda state: state.clear(), r"is missing"),
    ],
)
def test_a_tensor_that_is_wrong_is_named(
    tmp_path: Path, architecture: Architecture, change: Callable[[State], None], sentence: str
) -> None:
    path = tmp_path / "weights.safetensors"
    network = architecture.build()
    save_weights(network, path)
    load_network(architecture, path)
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    change(state)
    safetensors.torch.save_file(state, path)
    with pytest.raises(InputError, match=sentence) as caught:
        load_network(architecture, path)
    assert str(path) in str(caught.value)


def header(content: object) -> bytes:
    text = json.dumps(content).encode()
    return len(text).to_bytes(8, "little") + text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 7,
        (2**62).to_bytes(8, "little") + b"{}",
        header({}) + b"left over",
        header([]),
        header({"a": {"dtype": "F32", "shape": [2**40, 2**40], "data_offsets": [0, 4]}}) + b"abcd",
        header({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 2**60]}}) + b"abcd",
        header({"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}) + b"abcd",
        header({"a": {"dtype": "F99", "shape": [1], "data_offsets": [0, 4]}}) + b"abcd",
        header({"a": {"dtype": "F4", "shape": [2], "data_offsets": [0, 1]}}) + b"a",
        (100_000).to_bytes(8, "little") + b"[" * 100_000,
    ],
)
def test_damage_is_a_sentence(tmp_path: Path, architecture: Architecture, content: bytes) -> None:
    path = tmp_path / "weights.safetensors"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"weights .*weights\.safetensors are (damaged|not of)"):
        load_network(architecture, path)


def test_weights_that_are_not_there(tmp_path: Path, architecture: Architecture) -> None:
    with pytest.raises(InputError, match=r"do not exist: train the network"):
        load_network(architecture, tmp_path / "absent")
    with pytest.raises(InputError, match="is a folder"):
        load_network(architecture, tmp_path)
