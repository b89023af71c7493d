"""Numbers of operations and spaces that nobody means: refused where they enter, in a sentence."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from support import MICRO

from search_spaces import (
    Architecture,
    InputError,
    MBConv,
    SpaceDefinition,
    load_definition,
    load_space,
    machine_memory,
    memory,
)
from search_spaces.dimensions import LONGEST_NAME, MOST_OPERATIONS
from search_spaces.layer import BatchNorm
from search_spaces.plain_text import printable, quoted

TINY = Architecture.choose(load_space("tiny"), [0] * 9)
WRONG: tuple[object, ...] = (
    0, -3, 10**20, 10**12, 2**63, 1.5, 1.0, True, False, "3", "many", None, [], {}, math.inf, -1,
)  # fmt: skip
NUMBERS = {
    "in_channels", "out_channels", "kernel", "stride", "expansion", "resolution", "classes",
}  # fmt: skip


@pytest.mark.parametrize("value", WRONG)
def test_a_wrong_number_of_an_architecture_is_refused(value: object) -> None:
    data = json.loads(TINY.to_json())
    for index, operation in enumerate(data["operations"]):
        for name in NUMBERS & operation.keys():
            changed = json.loads(TINY.to_json())
            changed["operations"][index][name] = value
            with pytest.raises(InputError) as caught:
                Architecture.from_json(json.dumps(changed, allow_nan=True))
            assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("name", "value"),
    [("epsilon", -1), ("epsilon", 0), ("momentum", 2), ("momentum", -1), ("epsilon", "1")],
)
def test_a_wrong_batch_norm_is_refused(name: str, value: object) -> None:
    data = json.loads(TINY.to_json())
    data["operations"][0]["norm"][name] = value
    with pytest.raises(InputError, match=name):
        Architecture.from_json(json.dumps(data))
    with pytest.raises(InputError, match=name):
        replace(BatchNorm(), **{name: value})  # type: ignore[arg-type]


@given(st.sampled_from(sorted(NUMBERS - {"classes"})), st.integers() | st.floats() | st.booleans())
def test_an_operation_made_in_python_is_finite_or_refused(name: str, value: Any) -> None:
    block = MBConv(8, 8, 3, 1, 3, 8, False)
    try:
        made = replace(block, **{name: value})
    except InputError:
        return
    assert all(0 < size < 2**63 for size in (made.parameters, made.macs, made.peak_activations))


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("depth = 2 }", "depth = 65536 }", "depth: 65536 is not at most 10000"),
        ("[3, 5]", str(list(range(1, 40_000, 2))), "kernels: 257 is not at most 255"),
        ("depth = 2 }", "depth = 9999 }", "are more than the 10,000 operations"),
        ("classes = 3", f"classes = {10**12}", "classes: 1e+12 is not at most 1048576"),
        ("resolution = 8", f"resolution = {10**9}", "resolution: 1e+09 is not at most 65536"),
        ("resolution = 8", "resolution = true", "resolution: True is wrong"),
        ("resolution = 8", "resolution = 8.0", "resolution: 8.0 is wrong"),
        ('name = "micro"', 'name = "a\\u001b[31m"', "is not a line of"),
        ('name = "micro"', f'name = "{"x" * (LONGEST_NAME + 1)}"', "is not a line of"),
        ('name = "micro"', 'name = ""', "is not a line of"),
    ],
)
def test_a_space_that_is_too_large_is_refused_before_it_is_made(
    tmp_path: Path, before: str, after: str, words: str
) -> None:
    path = tmp_path / "mine.toml"
    assert before in MICRO
    path.write_text(MICRO.replace(before, after, 1))
    with pytest.raises(InputError) as caught:
        load_definition(path)
    assert words in str(caught.value).replace("1000000000000 ", "1e+12 ").replace(
        "1000000000 ", "1e+09 "
    )


def test_a_network_of_too_many_operations_is_refused() -> None:
    operations = (TINY.operations[0],) * (MOST_OPERATIONS + 1)
    with pytest.raises(ValueError, match="are more than the 10,000 that a network may have"):
        Architecture("a", "b", operations)


def test_memory_is_known_before_it_is_allocated(monkeypatch: pytest.MonkeyPatch) -> None:
    definition = load_definition("imagenet")
    assert isinstance(definition, SpaceDefinition)
    huge = Architecture.choose(definition.adapt(width_multiplier=16).expand(), [5] * 21)
    monkeypatch.setattr(machine_memory, "total", lambda: 10**9)
    with pytest.raises(InputError, match=r"needs at least .* GB of memory, and this machine has 1"):
        huge.build()
    TINY.build()


def test_a_step_needs_more_with_every_image_and_less_than_it_takes() -> None:
    small, large = (memory.training_memory(TINY.operations, batch) for batch in (1, 65))
    kept = sum(map(memory.kept_activations, TINY.operations))
    assert large - small == 64 * 4 * kept
    assert small > 12 * TINY.parameters
    assert memory.supernet_memory(load_space("imagenet"), 32) < 3 * 10**9
    with pytest.raises(InputError, match="needs at least"):
        memory.check_memory(math.nan, "this")


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("run", "run"),
        ("my run; rm -rf ~", "'my run; rm -rf ~'"),
        ("it's", "'it'\"'\"'s'"),
        (Path("-x"), "./-x"),
        ("a\x1b[31m", r"$'a\x1b[31m'"),
        ("a\nb'", r"$'a\x0ab\''"),
        ("\udcff", r"$'\xff'"),
    ],
)
def test_a_name_in_a_command_is_one_word(name: object, word: str) -> None:
    assert quoted(name) == word


@given(st.text())
def test_plain_text_can_be_shown_and_encoded(text: str) -> None:
    for shown in (printable(text), quoted(text)):
        assert shown.isprintable()
        shown.encode()
