import json
import random
from pathlib import Path

import pytest
import torch
from hypothesis import given, strategies as st
from support import randomised

from search_spaces import Architecture, InputError, Space, builtin_spaces, load_space


@given(st.sampled_from(builtin_spaces()), st.integers(0, 2**32))
def test_json_round_trip(name: str, seed: int) -> None:
    architecture = Architecture.random(load_space(name), random.Random(seed), "mine")
    text = architecture.to_json()
    assert Architecture.from_json(text) == architecture
    assert Architecture.from_json(text).to_json() == text


def test_loads_back_to_the_identical_network(tmp_path: Path, micro: Space) -> None:
    architecture = Architecture.random(micro, random.Random(3))
    architecture.save(tmp_path / "architecture.json")
    loaded = Architecture.load(tmp_path / "architecture.json")
    network, twin = randomised(architecture.build()), loaded.build().eval()
    twin.load_state_dict(network.state_dict(), strict=True)
    images = torch.randn(3, *architecture.input_shape)
    with torch.inference_mode():
        assert torch.equal(network(images), twin(images))


def test_zeros_are_kept_in_the_file_and_dropped_from_the_network(micro: Space) -> None:
    zero = len(micro.blocks[1].candidates) - 1
    architecture = Architecture.choose(micro, [0, zero, 0, zero])
    assert architecture.labels.count("zero") == 2
    assert len(architecture.active) == len(architecture.operations) - 2
    assert len(architecture.build().blocks) == len(architecture.active)
    assert Architecture.from_json(architecture.to_json()).labels == architecture.labels


def test_same_network_whatever_else_the_space_held(micro: Space) -> None:
    one = Architecture.choose(micro, [0, 1, 2, 3])
    assert [one.operations[2 + number] for number in range(4)] == [
        block.candidates[number] for number, block in enumerate(micro.blocks)
    ]
    assert one.operations[:2] + one.operations[-2:] == micro.fixed


def test_random_networks_cover_the_space(micro: Space) -> None:
    generator = random.Random(0)
    drawn = {Architecture.random(micro, generator).labels for _ in range(4000)}
    assert len(drawn) == micro.size


def damaged(change: str) -> str:
    data = json.loads(Architecture.random(load_space("tiny"), random.Random(0)).to_json())
    match change:
        case "version":
            data["version"] = 99
        case "format":
            data["format"] = "proxyless.weights"
        case "list":
            data = [data]
        case "missing":
            del data["operations"][1]["kernel"]
        case "unknown":
            data["operations"][1]["dilation"] = 2
        case "kind":
            data["operations"][1]["kind"] = "attention"
        case "chain":
            del data["operations"][2]
        case "tail":
            del data["operations"][-1]
        case "empty":
            data["operations"] = []
    return json.dumps(data)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("version", "has version 99; this release reads version 1"),
        ("format", "is not a proxyless.architecture file"),
        ("list", "is not a proxyless.architecture file"),
        ("missing", "operation 2.*field 'kernel' is missing"),
        ("unknown", "operation 2.*unknown field 'dilation'"),
        ("kind", "operation 2.*attention"),
        ("chain", "operation 2 puts out .* operation 3 takes"),
        ("tail", "do not end in a classifier"),
        ("empty", "do not end in a classifier"),
    ],
)
def test_damaged_file_is_named_with_the_reason(tmp_path: Path, change: str, words: str) -> None:
    path = tmp_path / "architecture.json"
    path.write_text(damaged(change))
    with pytest.raises(InputError, match=words) as caught:
        Architecture.load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b'{"format": "proxyless.arch', b"\xff\xfe"])
def test_what_is_not_json_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "architecture.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"is not (valid JSON|UTF-8 text)"):
        Architecture.load(path)


def test_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.json does not exist"):
        Architecture.load(tmp_path / "absent.json")


def test_number_of_choices_is_checked(micro: Space) -> None:
    with pytest.raises(InputError, match="3 choices for the 4 blocks"):
        Architecture.choose(micro, [0, 0, 0])
